import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { channels } from '../../../src/diagnostics.ts'
import { AuthenticationError, ClosedError, ConnectionError, KafkaError, TimeoutError } from '../../../src/errors.ts'
import { SOFTWARE_NAME, SOFTWARE_VERSION } from '../../../src/network/software.ts'
import { failure } from '../failure.ts'
import { brokerAt } from './broker-at.ts'
import { answerBytes, type Script, ScriptedBroker, type ScriptedRequest, versionsAnswer } from './scripted-broker.ts'

const UNSUPPORTED_VERSION = 35
const BODY = { groupId: 'g', generationId: 1, memberId: 'm' }
const ALIVE: Script = { Heartbeat: () => ({ throttleTimeMs: 0, errorCode: 0 }) }

async function scripted(script: Script = {}): Promise<ScriptedBroker> {
  const server = await ScriptedBroker.start({ ...ALIVE, ...script })
  onTestFinished(() => server.stop())
  return server
}

test('a connection is opened at the first use, and shared by all who ask meanwhile', async () => {
  const server = await scripted()
  const broker = brokerAt(server.port)
  expect(broker.current).toBeNull()
  await Promise.all([broker.send(heartbeat, BODY), broker.send(heartbeat, BODY), broker.connection()])
  expect(server.peers).toHaveLength(1)
  expect(server.requests.map(({ name }) => name)).toEqual(['ApiVersions', 'Heartbeat', 'Heartbeat'])
  expect(broker.current).toBe(await broker.connection())
})

test('the client introduces itself, in a version that brokers of several years answer at once', async () => {
  const server = await scripted()
  await brokerAt(server.port).connection()
  const { version, body, clientId } = await server.request('ApiVersions')
  expect(version).toBe(4)
  expect(body).toMatchObject({ clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: SOFTWARE_VERSION })
  expect(clientId).toBe('me')
})

/** A broker that knows ApiVersions up to `max` only, and says so in version 0 or not at all. */
function olderBroker(max: number, tells: boolean): Script {
  return {
    ApiVersions: (request) => {
      if (request.version <= max) return versionsAnswer({ ApiVersions: [0, max] })
      const apiKeys = tells ? [{ apiKey: request.api.key, minVersion: 0, maxVersion: max }] : []
      request.answer({ errorCode: UNSUPPORTED_VERSION, apiKeys }, 0)
      return null
    },
  }
}

test.each([
  ['2, which it names', 2, true, 2],
  ['2, which it does not name', 2, false, 0],
  ['0', 0, false, 0],
])('a broker that knows ApiVersions up to %s is asked again', async (_, max, tells, spoken) => {
  const server = await scripted(olderBroker(max, tells))
  expect(await brokerAt(server.port).send(heartbeat, BODY)).toMatchObject({ errorCode: 0 })
  const [first, second, ...others] = server.asked('ApiVersions').map(({ version }) => version)
  expect(first).toBeGreaterThan(max)
  expect(second).toBe(spoken)
  expect(others).toEqual([])
})

test('a broker that refuses every version of ApiVersions is not asked for ever', async () => {
  const server = await scripted({
    ApiVersions: (request) => {
      request.answer({ errorCode: UNSUPPORTED_VERSION, apiKeys: [] }, 0)
      return null
    },
  })
  const error = await failure(brokerAt(server.port).connection())
  expect(error).toMatchObject({ code: 'UNSUPPORTED_VERSION', retriable: false, api: 'ApiVersions' })
  expect(server.asked('ApiVersions')).toHaveLength(2)
})

test('versions are those of the connection: a broker that comes back upgraded is spoken to otherwise', async () => {
  const server = await scripted({ ApiVersions: () => versionsAnswer({ Heartbeat: [0, 2] }) })
  const broker = brokerAt(server.port)
  await broker.send(heartbeat, BODY)
  server.script.ApiVersions = () => versionsAnswer({ Heartbeat: [0, 4] })
  const lost = new Promise((resolve) => {
    const connection = broker.current!
    const { onClose } = connection
    connection.onClose = (error) => {
      onClose?.(error)
      resolve(error)
    }
  })
  server.peers[0].destroy()
  expect(await lost).toBeInstanceOf(ConnectionError)
  expect(broker.current).toBeNull()
  await broker.send(heartbeat, BODY)
  expect(server.asked('Heartbeat').map(({ version }) => version)).toEqual([2, 4])
  expect(server.peers).toHaveLength(2)
})

test('after a failure the next attempt waits for the backoff, and is made only if somebody asks', async () => {
  const server = await scripted()
  const { port } = server
  await server.stop()
  const broker = brokerAt(port, { reconnectBackoffMs: 400, reconnectBackoffMaxMs: 400 })
  expect(await failure(broker.connection())).toMatchObject({ code: 'CONNECTION_FAILED', retriable: true })
  const startedAt = performance.now()
  expect(await failure(broker.connection())).toMatchObject({ code: 'CONNECTION_FAILED' })
  // Jitter takes a fifth at most, and timers may fire a millisecond early.
  expect(performance.now() - startedAt).toBeGreaterThan(315)
})

test('a refused connection names the address', async () => {
  const server = await scripted()
  const { port } = server
  await server.stop()
  const error = await failure(brokerAt(port).send(heartbeat, BODY))
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain(`127.0.0.1:${port}`)
})

test('a peer that never answers is given up after the setup timeout', async () => {
  const silent = await scripted({ ApiVersions: () => null })
  const error = await failure(brokerAt(silent.port, { socketConnectionSetupTimeoutMs: 50 }).connection())
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error.message).toContain('50 ms')
  await (await silent.peer()).closed
})

test('a web server is told from a broker at once', async () => {
  const server = createHttpServer((_request, response) => response.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const error = await failure(brokerAt(port).connection())
  expect(error).toMatchObject({ code: 'NOT_A_KAFKA_BROKER', retriable: false })
  expect(error.message).toContain(`127.0.0.1:${port}`)
})

test('a listener with TLS is told from one without', async () => {
  const alert = Buffer.from('15030300020246', 'hex')
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(alert)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const error = await failure(brokerAt((server.address() as AddressInfo).port).connection())
  expect(error).toMatchObject({ code: 'NOT_A_KAFKA_BROKER', retriable: false })
  expect(error.message).toMatch(/TLS.*'ssl'/)
})

test('close ends an attempt that is under way, and is for good', async () => {
  const server = await scripted({ ApiVersions: () => null })
  const broker = brokerAt(server.port)
  const opening = failure(broker.connection())
  await server.request('ApiVersions')
  broker.close()
  expect(await opening).toBeInstanceOf(ClosedError)
  await server.peers[0].closed
  expect(await failure(broker.send(heartbeat, BODY))).toBeInstanceOf(ClosedError)
  expect(server.peers).toHaveLength(1)
})

test('a connection that nobody uses is closed, and opened again when it is needed', async () => {
  const server = await scripted()
  const broker = brokerAt(server.port, { connectionsMaxIdleMs: 20 })
  await broker.send(heartbeat, BODY)
  await server.peers[0].closed
  await broker.send(heartbeat, BODY)
  expect(server.peers).toHaveLength(2)
})

test('a connection that only sends is in use', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await scripted()
  const connection = await brokerAt(server.port, { connectionsMaxIdleMs: 1000 }).connection()
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(600)
    await connection.sendOneWay(produce, { acks: 0, timeoutMs: 1, topicData: [] })
  }
  expect(connection.closed).toBe(false)
  vi.advanceTimersByTime(1000)
  expect(connection.closed).toBe(true)
})

test('neither an idle nor a lost connection costs what a failed attempt costs', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await scripted()
  const times = { connectionsMaxIdleMs: 1000, reconnectBackoffMs: 50, reconnectBackoffMaxMs: 50 }
  const broker = brokerAt(server.port, { ...times, socketConnectionSetupTimeoutMs: 500 })
  await broker.connection()
  vi.advanceTimersByTime(1000)
  // Time stands still: this would wait for ever for the end of a backoff.
  const second = await broker.connection()
  const lost = new Promise((resolve) => server.peers[1].closed.then(resolve))
  second.close(new ConnectionError('lost'))
  await lost
  server.script.ApiVersions = () => null
  const third = failure(broker.connection())
  vi.advanceTimersByTime(60)
  await server.request('ApiVersions', 3)
  vi.advanceTimersByTime(500)
  expect((await third).message).toMatch('within 500 ms')
})

test('a connection that ends in the tick in which it was made is not kept', async () => {
  const server = await scripted()
  server.script.ApiVersions = (request) => {
    server.script.ApiVersions = () => versionsAnswer()
    const answer = answerBytes(apiVersions, request.version, request.correlationId, versionsAnswer())
    request.peer.write(Buffer.concat([answer, answerBytes(heartbeat, 4, 99, { throttleTimeMs: 0, errorCode: 0 })]))
    return null
  }
  const broker = brokerAt(server.port)
  expect(await failure(broker.send(heartbeat, BODY))).toMatchObject({ name: 'ConnectionError', retriable: true })
  expect(broker.current).toBeNull()
  expect(await broker.send(heartbeat, BODY)).toMatchObject({ errorCode: 0 })
})

test('connections that were open are published, with what ended them', async () => {
  const published: unknown[] = []
  const listen = (message: unknown): void => void published.push(message)
  channels.connection.subscribe(listen)
  onTestFinished(() => void channels.connection.unsubscribe(listen))
  const server = await scripted()
  const broker = brokerAt(server.port)
  await broker.connection()
  const reason = new ConnectionError('moved')
  broker.close(reason)
  await server.stop()
  await failure(brokerAt(1).connection())
  expect(published).toEqual([
    { broker: broker.name, state: 'open', error: null },
    { broker: broker.name, state: 'closed', error: reason },
  ])
})

test('whoever asks a closed broker learns why it was closed', async () => {
  const broker = brokerAt(1)
  const reason = new ConnectionError('it has moved')
  broker.close(reason)
  expect(await failure(broker.send(heartbeat, BODY))).toBe(reason)
})

test('a throttled client keeps silent for as long as it was told (KIP-219)', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await scripted({ Heartbeat: () => ({ throttleTimeMs: 5000, errorCode: 0 }) })
  const broker = brokerAt(server.port)
  await broker.send(heartbeat, BODY)
  const second = broker.send(heartbeat, BODY)
  vi.advanceTimersByTime(4999)
  // Whatever was sent by now would be answered before this connection is made.
  const probe = connect(server.port, '127.0.0.1')
  await once(probe, 'connect')
  await server.peer(2)
  probe.destroy()
  expect(server.asked('Heartbeat')).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(await second).toMatchObject({ errorCode: 0 })
})

test('a throttled connection that is closed answers those who wait, and leaves no timer', async () => {
  const server = await scripted({ Heartbeat: () => ({ throttleTimeMs: 60_000, errorCode: 0 }) })
  const broker = brokerAt(server.port)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await broker.send(heartbeat, BODY)
  const waiting = failure(broker.send(heartbeat, BODY))
  broker.close()
  expect(await waiting).toBeInstanceOf(KafkaError)
  expect(vi.getTimerCount()).toBe(0)
})

test('a socket factory makes the stream; what it throws is a ConnectionError', async () => {
  const server = await scripted()
  const asked: unknown[] = []
  const made = brokerAt(server.port, {
    socketFactory: (address) => {
      asked.push(address)
      return connect(address)
    },
  })
  expect(await made.send(heartbeat, BODY)).toMatchObject({ errorCode: 0 })
  expect(asked).toEqual([{ host: '127.0.0.1', port: server.port }])
  const failing = brokerAt(server.port, { socketFactory: () => Promise.reject(new Error('no proxy')) })
  const error = await failure(failing.connection())
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('no proxy')
})

const sasl = { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret' } as const

test('PLAIN sends name and password once, after the handshake', async () => {
  const server = await scripted({
    SaslHandshake: () => ({ errorCode: 0, mechanisms: ['PLAIN'] }),
    SaslAuthenticate: () => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0) }),
  })
  await brokerAt(server.port, { sasl }).connection()
  expect(server.requests.map(({ name }) => name)).toEqual(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate'])
  const { body } = await server.request('SaslAuthenticate')
  expect(body.authBytes.toString()).toBe('\0alice\0alice-secret')
})

test.each<[string, Script, RegExp]>([
  [
    'the password is wrong',
    {
      SaslHandshake: () => ({ errorCode: 0, mechanisms: ['PLAIN'] }),
      SaslAuthenticate: () => ({
        errorCode: 58,
        errorMessage: 'Invalid username or password',
        authBytes: Buffer.alloc(0),
      }),
    },
    /'alice' \(PLAIN\).*Invalid username or password/,
  ],
  [
    'the mechanism is not offered',
    { SaslHandshake: () => ({ errorCode: 33, mechanisms: ['SCRAM-SHA-512', 'OAUTHBEARER'] }) },
    /does not offer PLAIN, but SCRAM-SHA-512, OAUTHBEARER/,
  ],
  [
    'the listener has no SASL',
    { ApiVersions: () => versionsAnswer({ SaslHandshake: null }) },
    /does not use SASL.*'sasl'/,
  ],
  [
    'the listener says so only when asked',
    { SaslHandshake: () => ({ errorCode: 34, mechanisms: [] }) },
    /ILLEGAL_SASL_STATE/,
  ],
])('it is an AuthenticationError that is not tried again when %s', async (_, script, message) => {
  const server = await scripted(script)
  const error = await failure(brokerAt(server.port, { sasl }).send(heartbeat, BODY))
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error).toMatchObject({ retriable: false, fatal: true })
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain(sasl.password)
  expect(server.peers).toHaveLength(1)
})

test('a server that does not know the password is found out by its signature', async () => {
  const server = await scripted({
    SaslHandshake: () => ({ errorCode: 0, mechanisms: ['SCRAM-SHA-256'] }),
    SaslAuthenticate: impostor(),
  })
  const options = { sasl: { ...sasl, mechanism: 'SCRAM-SHA-256' as const } }
  const error = await failure(brokerAt(server.port, options).connection())
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error.message).toMatch(/does not know the password/)
})

/** Plays its part of SCRAM but for the one thing that it cannot know. */
function impostor(): Script['SaslAuthenticate'] {
  return ({ body }: ScriptedRequest) => {
    const text = (body as { authBytes: Buffer }).authBytes.toString()
    const nonce = /r=([^,]+)/.exec(text)![1]
    const first = text.startsWith('n,,')
    const reply = first ? `r=${nonce}abc,s=${Buffer.from('salt').toString('base64')},i=4096` : `v=${'A'.repeat(43)}=`
    return { errorCode: 0, errorMessage: null, authBytes: Buffer.from(reply) }
  }
}
