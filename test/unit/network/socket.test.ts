import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Duplex, PassThrough } from 'node:stream'
import { createServer as createTlsServer, type SecureVersion, type TLSSocket, type TlsOptions } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { AuthenticationError, ConnectionError, type KafkaError, UsageError } from '../../../src/errors.ts'
import type { BrokerOptions } from '../../../src/network/broker.ts'
import { openSocket, type SocketFactory, type SocketOptions } from '../../../src/network/socket.ts'
import { failure } from '../failure.ts'
import { brokerAt } from './broker-at.ts'
import { ca, certificateForAddress, certificateForClients, certificateForName, key } from './certificates.ts'
import { answerBytes, versionsAnswer } from './scripted-broker.ts'

const VERSIONS: SecureVersion[] = ['TLSv1.2', 'TLSv1.3']

/** A server with TLS; returns its port. */
async function tlsServer(options: TlsOptions, onConnection: (socket: TLSSocket) => void = () => {}): Promise<number> {
  const server = createTlsServer({ cert: certificateForAddress, key, ca, ...options }, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function plainServer(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function open(port: number, options: Partial<SocketOptions>, signal = new AbortController().signal) {
  const socket = await openSocket({ host: '127.0.0.1', port, ssl: false, ...options }, 'b:9092', signal)
  onTestFinished(() => void socket.destroy())
  return socket
}

function failureAt(port: number, options: Partial<BrokerOptions>): Promise<KafkaError> {
  return failure(brokerAt(port, { ssl: { ca }, ...options }).connection())
}

const tunnel: SocketFactory = ({ host, port }) => connect(port, host)

describe("the broker's certificate", () => {
  test.each([
    ['a stream of its own', undefined],
    ["a factory's stream", tunnel],
  ])('must be for the address that was asked for, over %s', async (_, socketFactory) => {
    const options = { ssl: { ca }, socketFactory }
    await open(await tlsServer({}), options)
    const other = await tlsServer({ cert: certificateForName })
    expect(await failure(open(other, options))).toBeInstanceOf(AuthenticationError)
  })

  test('may be for the name that the user gives', async () => {
    const port = await tlsServer({ cert: certificateForName })
    await open(port, { ssl: { ca, servername: 'localhost' }, socketFactory: tunnel })
  })

  test.each<[string, TlsOptions, SocketOptions['ssl']]>([
    ['is of an unknown authority', {}, true],
    ['is not for servers', { cert: certificateForClients }, { ca }],
    ["is not what the user's own check accepts", {}, { ca, checkServerIdentity: () => new Error('another one') }],
  ])('is refused for good when it %s', async (_, server, ssl) => {
    const error = await failure(open(await tlsServer(server), { ssl }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ retriable: false, broker: 'b:9092' })
  })
})

describe.each(VERSIONS)("the client's certificate, with %s", (maxVersion) => {
  const demanding: TlsOptions = { requestCert: true, rejectUnauthorized: true, maxVersion }

  test('that is missing is an AuthenticationError', async () => {
    expect(await failureAt(await tlsServer(demanding), {})).toBeInstanceOf(AuthenticationError)
  })

  const asking: TlsOptions = { requestCert: true, rejectUnauthorized: false, maxVersion }

  test('that is missing may show in nothing but the end of the connection', async () => {
    const port = await tlsServer(asking, (socket) => void socket.once('data', () => socket.end()))
    const error = await failureAt(port, {})
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(/asked for a client certificate.*'cert' and 'key', or 'pfx'/)
  })

  test('is not missed by a broker that took the client without one before', async () => {
    let connections = 0
    const port = await tlsServer(asking, (socket) => {
      socket.once('data', (request) => {
        const correlationId = request.readInt32BE(8)
        if (connections++ === 0) socket.write(answerBytes(apiVersions, 4, correlationId, versionsAnswer()))
        else socket.end()
      })
    })
    const broker = brokerAt(port, { ssl: { ca } })
    const connection = await broker.connection()
    connection.close()
    expect(await failure(broker.connection())).toMatchObject({ name: 'ConnectionError', retriable: true })
    expect(connections).toBe(2)
  })

  test('is not blamed for the end of a connection if there is one, or none was asked for', async () => {
    const ending = (socket: TLSSocket): void => void socket.once('data', () => socket.end())
    const withOne = await failureAt(await tlsServer(asking, ending), { ssl: { ca, cert: certificateForClients, key } })
    const unasked = await failureAt(await tlsServer({ maxVersion }, ending), {})
    for (const error of [withOne, unasked]) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error.retriable).toBe(true)
    }
  })
})

test.each([
  ['unknown_ca', 48],
  ['certificate_unknown', 46],
  ['bad_certificate', 42],
])('the alert %s says that a certificate is refused', async (_, code) => {
  const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, code])
  const port = await plainServer((socket) => void socket.once('data', () => socket.end(alert)))
  expect(await failureAt(port, {})).toBeInstanceOf(AuthenticationError)
})

test('where the two sides share no cipher, no certificate is blamed and no retry helps', async () => {
  const port = await tlsServer({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })
  const ssl = { ca, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' } as const
  const error = await failureAt(port, { ssl })
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.retriable).toBe(false)
})

test('a listener without TLS that hangs up on the client makes one think of the option', async () => {
  const port = await plainServer((socket) => void socket.once('data', () => socket.destroy()))
  const error = await failureAt(port, {})
  expect(error).toMatchObject({ name: 'ConnectionError', retriable: true })
  expect(error.message).toMatch(/without TLS.*'ssl'/)
})

test('a listener that answers in something else than TLS is recognised', async () => {
  const port = await plainServer((socket) => void socket.once('data', () => socket.write('HTTP/1.1 400 Bad\r\n\r\n')))
  expect(await failureAt(port, {})).toMatchObject({ code: 'NOT_A_KAFKA_BROKER', retriable: false })
})

describe('a socket factory', () => {
  test('that never settles does not outlast the attempt, and what it makes too late is destroyed', async () => {
    const late = Promise.withResolvers<Duplex>()
    const attempt = new AbortController()
    const opening = failure(open(1, { socketFactory: () => late.promise }, attempt.signal))
    const reason = new ConnectionError('enough')
    attempt.abort(reason)
    expect(await opening).toBe(reason)
    const stream = new PassThrough()
    late.resolve(stream)
    await once(stream, 'close')
    expect(stream.destroyed).toBe(true)
  })

  test.each([undefined, null, {}, 'tcp'])('must make a stream, and not %j', async (made) => {
    const error = await failure(open(1, { socketFactory: (() => made) as never }))
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toMatch(/socketFactory must make a Duplex/)
  })

  test.each([
    [undefined, /undefined/],
    ['no proxy', /no proxy/],
    [new Error('no proxy'), /no proxy/],
  ])('may throw anything: %j', async (thrown, message) => {
    const socketFactory = (): never => {
      throw thrown
    }
    const error = await failure(open(1, { socketFactory }))
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'CONNECTION_FAILED', retriable: true })
    expect(error.message).toMatch(message)
  })
})
