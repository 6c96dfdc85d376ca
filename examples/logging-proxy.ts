// Stands between a Kafka client of any kind and its brokers, and prints each request and response as a line of JSON:
// `npm run example -- logging-proxy 19092`, then point the client at localhost:19092. Ctrl-C ends it. Without TLS.

import { isUtf8 } from 'node:buffer'
import { connect, createServer, type Socket } from 'node:net'
import * as wire from 'kafka-wire/protocol'

const firstPort = Number(process.argv[2] ?? 19092)
const ports = new Map<string, number>()
let printed = Promise.resolve()

/** The proxy's port for a broker, the next one for a new broker. */
function portFor(host: string, port: number): number {
  const broker = `${host}:${port}`
  const own = ports.get(broker) ?? firstPort + ports.size
  if (ports.has(broker)) return own
  ports.set(broker, own)
  const server = createServer((client) => relay(client, connect(port, host)))
  server.listen(own, 'localhost', () => console.log(JSON.stringify({ type: 'proxy', broker, port: own })))
  return own
}

function relay(client: Socket, broker: Socket): void {
  const asked = new Map<number, wire.RequestFrame>()
  pass(client, broker, (frame) => {
    const request = wire.decodeRequestFrame(frame)
    print('request', request)
    if (request.apiName !== 'Produce' || request.body.acks !== 0) asked.set(request.correlationId, request)
    return frame
  })
  pass(broker, client, (frame) => {
    const request = asked.get(wire.readCorrelationId(frame))
    if (request === undefined) return frame
    asked.delete(request.correlationId)
    const response = wire.decodeResponseFrame(request.api, request.version, frame)
    const redirected = redirect(response)
    print('response', response)
    return redirected ? wire.encodeResponseFrame(response) : frame
  })
}

async function pass(from: Socket, to: Socket, onFrame: (frame: Buffer) => Buffer): Promise<void> {
  const frames = new wire.FrameSplitter((frame) => {
    try {
      to.write(wire.sizePrefixed(onFrame(frame)))
    } catch (error) {
      // Of a version that is unknown here, say: it goes its way as it is.
      console.error((error as Error).message)
      to.write(wire.sizePrefixed(frame))
    }
  })
  try {
    for await (const chunk of from) frames.push(chunk)
  } catch (error) {
    console.error((error as Error).message)
  }
  to.end()
}

/** Puts the proxy's addresses into an answer that tells where brokers are; false if it is none. */
function redirect({ apiName, body }: wire.ResponseFrame): boolean {
  let places: Array<{ host: string; port: number }> = []
  if (apiName === 'Metadata' || apiName === 'DescribeCluster') places = body.brokers
  if (apiName === 'FindCoordinator') places = [body, ...body.coordinators]
  if ('nodeEndpoints' in body) places = body.nodeEndpoints
  // Where nothing was found there is no host.
  const brokers = places.filter(({ host }) => host !== '')
  for (const broker of brokers) Object.assign(broker, { port: portFor(broker.host, broker.port), host: 'localhost' })
  return brokers.length > 0
}

/** Lines come out in the order of the frames, although batches may take a while to decompress. */
function print(type: 'request' | 'response', { api: _, ...frame }: wire.RequestFrame | wire.ResponseFrame): void {
  const line = readable({ type, ...frame })
  printed = printed.then(async () => console.log(JSON.stringify(await line)))
}

/** Bytes with a form of their own, by the name of their field. */
const forms: Record<string, (bytes: Buffer) => unknown> = {
  records: (bytes) => Promise.all(Array.from(wire.readBatches(bytes), (batch) => wire.readRecords(batch))),
  metadata: wire.decodeSubscription,
  assignment: wire.decodeAssignment,
  authBytes: () => 'secret',
  saltedPassword: () => 'secret',
  hmac: () => 'secret',
}

async function readable(value: unknown, name = ''): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((each) => readable(each)))
  if (Buffer.isBuffer(value)) {
    const text = value.toString(isUtf8(value) ? 'utf8' : 'hex')
    const form = forms[name] ?? (() => text)
    return Promise.resolve(value)
      .then(form)
      .then(readable, () => text)
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([key, each]) => [key, await readable(each, key)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

// As bootstrap servers are written: IPv6 addresses in brackets.
const first = new URL(`kafka://${(process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092').split(',')[0]}`)
portFor(first.hostname.replace(/^\[|\]$/g, ''), Number(first.port))
process.once('SIGINT', () => printed.then(() => process.exit()))
