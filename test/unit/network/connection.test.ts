import { once } from 'node:events'
import { createServer } from 'node:net'
import { Duplex, duplexPair } from 'node:stream'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { decodeResponse, encodeResponse } from '../../../protocol/index.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { produce } from '../../../protocol/messages/produce.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { channels } from '../../../src/diagnostics.ts'
import { ClosedError, ConnectionError, DecodeError, KafkaError, TimeoutError } from '../../../src/errors.ts'
import { NegotiatedVersions } from '../../../src/network/api-versions.ts'
import { Connection, type SendOptions, type TransportOptions } from '../../../src/network/connection.ts'
import { openSocket } from '../../../src/network/socket.ts'
import { answerBytes, frame, Peer, type Versions, versionsAnswer } from './scripted-broker.ts'

const OPTIONS: TransportOptions = {
  broker: 'b:9092',
  clientId: 'me',
  requestTimeoutMs: 30_000,
  maxFrameBytes: 1_000_000,
}

function negotiated(versions: Versions = {}): NegotiatedVersions {
  const bytes = encodeResponse(apiVersions, 4, versionsAnswer(versions))
  return new NegotiatedVersions('b:9092', decodeResponse(apiVersions, 4, bytes))
}

/** A connection over the given stream, and what its owner was told at its end. */
function connectionOver(socket: Duplex, versions?: Versions) {
  const connection = new Connection(socket, OPTIONS)
  connection.versions = negotiated(versions)
  const ends: Array<KafkaError | null> = []
  connection.onClose = (error) => ends.push(error)
  onTestFinished(() => connection.close())
  return { connection, ends }
}

/** A connection to a peer within this process. */
function connected(versions?: Versions) {
  const [socket, other] = duplexPair()
  return { ...connectionOver(socket, versions), peer: new Peer(other), socket }
}

const ANSWER = { throttleTimeMs: 0, errorCode: 0 }

function beat(connection: Connection, options?: SendOptions) {
  const answer = connection.send(heartbeat, { groupId: 'g', generationId: 1, memberId: 'm' }, options)
  // A test that expects the failure looks at the promise itself.
  answer.catch(() => {})
  return answer
}

function rejection(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => {
      throw new Error('it was resolved')
    },
    (error) => error,
  )
}

/** Lets everything that is due happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Time stands still but for what the test advances; the event loop goes on. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
}

afterEach(() => {
  vi.useRealTimers()
})

describe('requests', () => {
  test('leave before the first of them is answered, and get the answers in their order', async () => {
    const { connection, peer } = connected()
    const answers = Promise.all([
      beat(connection),
      connection.send(metadata, { topics: [] }),
      connection.send(findCoordinator, { keyType: 0, coordinatorKeys: ['g'] }),
      beat(connection),
    ])
    const requests = await peer.nextOnes(4)
    expect(requests.map(({ name, version, clientId }) => [name, version, clientId])).toEqual([
      ['Heartbeat', heartbeat.maxVersion, 'me'],
      ['Metadata', metadata.maxVersion, 'me'],
      ['FindCoordinator', findCoordinator.maxVersion, 'me'],
      ['Heartbeat', heartbeat.maxVersion, 'me'],
    ])
    expect(new Set(requests.map(({ correlationId }) => correlationId)).size).toBe(4)
    expect(connection.inFlight).toBe(4)
    requests[0].answer({ ...ANSWER, errorCode: 27 })
    requests[1].answer({ brokers: [], controllerId: 3, topics: [] })
    requests[2].answer({ coordinators: [] })
    requests[3].answer({ ...ANSWER, errorCode: 25 })
    expect(await answers).toMatchObject([
      { errorCode: 27 },
      { controllerId: 3 },
      { coordinators: [] },
      { errorCode: 25 },
    ])
    expect(connection.inFlight).toBe(0)
    expect(connection.closed).toBe(false)
  })

  test('have bodies that arrive as they were given', async () => {
    const { connection, peer } = connected()
    // Large enough to be passed on without a copy, in a chunk of its own.
    const authBytes = Buffer.alloc(100_000, 'abc')
    void connection.send(saslAuthenticate, { authBytes }).catch(() => {})
    const request = await peer.next<typeof saslAuthenticate>()
    expect(request.body.authBytes.equals(authBytes)).toBe(true)
  })

  test('of one tick leave in one write', async () => {
    const writes: number[] = []
    const socket = new Duplex({
      read() {},
      write: (_chunk, _encoding, done) => {
        writes.push(1)
        done()
      },
      writev: (chunks, done) => {
        writes.push(chunks.length)
        done()
      },
    })
    const { connection } = connectionOver(socket)
    for (let i = 0; i < 5; i++) beat(connection)
    await turn()
    expect(writes).toEqual([5])
    beat(connection)
    await turn()
    expect(writes).toEqual([5, 1])
  })

  test('get answers that arrive one byte at a time', async () => {
    const { connection, peer } = connected()
    const answers = [beat(connection), beat(connection)]
    let answered = 0
    for (const answer of answers) void answer.then(() => answered++)
    const requests = await peer.nextOnes(2)
    const bytes = Buffer.concat(requests.map((request, i) => request.answerBytes({ ...ANSWER, errorCode: i + 1 })))
    for (let i = 0; i < bytes.length; i++) {
      await turn()
      expect(answered).toBe(i < bytes.length / 2 ? 0 : 1)
      peer.write(bytes.subarray(i, i + 1))
    }
    expect(await Promise.all(answers)).toMatchObject([{ errorCode: 1 }, { errorCode: 2 }])
  })

  test('get answers that arrive all in one chunk', async () => {
    const { connection, peer } = connected()
    const answers = Promise.all(Array.from({ length: 200 }, () => beat(connection)))
    const requests = await peer.nextOnes(200)
    peer.write(Buffer.concat(requests.map((request, i) => request.answerBytes({ ...ANSWER, errorCode: i }))))
    expect((await answers).map(({ errorCode }) => errorCode)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  })

  test('resolve whatever error code the answer holds', async () => {
    const { connection, peer } = connected()
    const answer = beat(connection)
    const request = await peer.next()
    request.answer({ ...ANSWER, errorCode: 16 })
    expect(await answer).toMatchObject({ errorCode: 16 })
  })

  test('are published with their outcome', async () => {
    const published: unknown[] = []
    const listen = (message: unknown): void => void published.push(message)
    channels.request.subscribe(listen)
    onTestFinished(() => void channels.request.unsubscribe(listen))
    const { connection, peer } = connected()
    const answer = beat(connection)
    const request = await peer.next()
    request.answer(ANSWER)
    await answer
    beat(connection)
    connection.close()
    const common = { api: 'Heartbeat', version: heartbeat.maxVersion, broker: 'b:9092', durationMs: expect.any(Number) }
    expect(published).toEqual([
      { ...common, error: null },
      { ...common, error: expect.any(ClosedError) },
    ])
  })
})

describe('versions', () => {
  test('are the newest that both sides speak, unless the caller wants others', async () => {
    const { connection, peer } = connected({ Heartbeat: [1, 3], Metadata: [0, 99] })
    beat(connection)
    beat(connection, { maxVersion: 2 })
    beat(connection, { version: 1 })
    void connection.send(metadata, { topics: [] }).catch(() => {})
    expect((await peer.nextOnes(4)).map(({ version }) => version)).toEqual([3, 2, 1, metadata.maxVersion])
  })

  test('that Kafka may still change are spoken only if the caller names them', async () => {
    expect(initProducerId.latestVersionUnstable).toBe(true)
    const { connection, peer } = connected()
    const ask = (options?: SendOptions) => {
      const body = { transactionalId: null, transactionTimeoutMs: 1 }
      void connection.send(initProducerId, body, options).catch(() => {})
    }
    const { maxVersion } = initProducerId
    ask()
    ask({ maxVersion })
    ask({ version: maxVersion })
    const requests = await peer.nextOnes(3)
    expect(requests.map(({ version }) => version)).toEqual([maxVersion - 1, maxVersion - 1, maxVersion])
  })

  test('that only one side speaks are an error that names both, and nothing is sent', async () => {
    const { connection, peer } = connected({ Heartbeat: [90, 99], Fetch: null })
    const tooNew = await rejection(beat(connection))
    expect(tooNew).toMatchObject({ name: 'UnsupportedVersionError', api: 'Heartbeat', broker: 'b:9092' })
    expect(tooNew.message).toMatch(/versions 0 to 4.*versions 90 to 99/)
    const missing = await rejection(connection.send(fetch, {} as never))
    expect(missing).toMatchObject({ name: 'UnsupportedVersionError', api: 'Fetch' })
    expect(connection.supports(heartbeat)).toBe(false)
    expect(connection.supports(fetch)).toBe(false)
    expect(connection.supports(metadata)).toBe(true)
    const answer = connection.send(metadata, { topics: [] })
    const request = await peer.next()
    expect(request.name).toBe('Metadata')
    request.answer({ brokers: [], topics: [] })
    await answer
  })

  test('must be negotiated first', async () => {
    const { connection, peer } = connected()
    connection.versions = null
    expect(await rejection(beat(connection))).toBeInstanceOf(ConnectionError)
    beat(connection, { version: 3 })
    expect((await peer.next()).version).toBe(3)
    expect(peer.requests).toHaveLength(1)
  })
})

describe('an answer that cannot be right', () => {
  test('with another correlation id than is due fails everyone and ends the connection', async () => {
    const { connection, peer, ends } = connected()
    const answers = [beat(connection), beat(connection)]
    const [first, second] = await peer.nextOnes(2)
    // The right answers follow in the same chunk, and must not be believed any more.
    const wrong = answerBytes(heartbeat, first.version, 4711, ANSWER)
    peer.write(Buffer.concat([wrong, first.answerBytes(ANSWER), second.answerBytes(ANSWER)]))
    for (const answer of answers) {
      const error = await rejection(answer)
      expect(error).toMatchObject({ name: 'ConnectionError', retriable: true, broker: 'b:9092' })
      expect(error.message).toMatch(/4711/)
    }
    expect(connection.closed).toBe(true)
    expect(ends).toMatchObject([{ name: 'ConnectionError' }])
  })

  test('in the wrong order is one of those', async () => {
    const { connection, peer } = connected()
    const answers = [beat(connection), beat(connection)]
    const [, second] = await peer.nextOnes(2)
    second.answer(ANSWER)
    for (const answer of answers) expect(await rejection(answer)).toBeInstanceOf(ConnectionError)
  })

  test('that nobody asked for ends the connection', async () => {
    const { connection, peer, ends } = connected()
    const answer = beat(connection)
    const request = await peer.next()
    const bytes = request.answerBytes({ ...ANSWER, errorCode: 25 })
    peer.write(Buffer.concat([bytes, bytes]))
    expect(await answer).toMatchObject({ errorCode: 25 })
    expect(connection.closed).toBe(true)
    expect(ends).toMatchObject([{ name: 'ConnectionError', message: expect.stringMatching(/no answer is due/) }])
  })

  test.each([
    ['with bytes too many', (bytes: Buffer) => Buffer.concat([bytes.subarray(4), Buffer.alloc(3)]), /3 bytes/],
    ['that breaks off', (bytes: Buffer) => bytes.subarray(4, -2), /./],
    ['of a correlation id alone', (bytes: Buffer) => bytes.subarray(4, 8), /./],
  ])('%s is a DecodeError, and the end of the connection', async (_, spoil, message) => {
    const { connection, peer, ends } = connected()
    const answers = [beat(connection), beat(connection)]
    const [first, second] = await peer.nextOnes(2)
    peer.write(Buffer.concat([frame(spoil(first.answerBytes(ANSWER))), second.answerBytes(ANSWER)]))
    const error = await rejection(answers[0])
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ broker: 'b:9092', api: 'Heartbeat', version: heartbeat.maxVersion })
    expect(error).toMatchObject({ field: expect.any(String), position: expect.any(Number) })
    expect(error.message).toMatch(message)
    expect(error.message).toMatch('b:9092')
    expect(await rejection(answers[1])).toBeInstanceOf(KafkaError)
    expect(connection.closed).toBe(true)
    expect(ends).toHaveLength(1)
  })

  test('of an impossible length fails everyone', async () => {
    const { connection, peer } = connected()
    const answers = [beat(connection), beat(connection), beat(connection)]
    const [first] = await peer.nextOnes(3)
    peer.write(Buffer.concat([first.answerBytes(ANSWER), Buffer.from('7fffffff', 'hex')]))
    expect(await answers[0]).toMatchObject(ANSWER)
    expect(await rejection(answers[1])).toBeInstanceOf(DecodeError)
    expect(await rejection(answers[2])).toBeInstanceOf(KafkaError)
    expect(connection.closed).toBe(true)
  })

  test('in HTTP is not taken for a reason to try again', async () => {
    const { connection, peer } = connected()
    const answer = beat(connection)
    await peer.next()
    peer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    expect(await rejection(answer)).toMatchObject({ code: 'NOT_A_KAFKA_BROKER', retriable: false })
  })
})

describe('a deadline', () => {
  test('that passes is a TimeoutError and ends the connection for everyone', async () => {
    stopTime()
    const { connection, peer, ends } = connected()
    const slow = beat(connection, { timeoutMs: 1000 })
    const other = connection.send(metadata, { topics: [] })
    other.catch(() => {})
    await peer.nextOnes(2)
    vi.advanceTimersByTime(999)
    await turn()
    expect(connection.closed).toBe(false)
    vi.advanceTimersByTime(1)
    const error = await rejection(slow)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ retriable: true, api: 'Heartbeat', broker: 'b:9092' })
    expect(error.message).toMatch(/b:9092.*Heartbeat.*1000 ms/)
    expect(await rejection(other)).toMatchObject({ retriable: true })
    expect(connection.closed).toBe(true)
    expect(connection.inFlight).toBe(0)
    expect(ends).toEqual([error])
    await peer.closed
  })

  test("is the connection's own where none is given", async () => {
    stopTime()
    const { connection, peer } = connected()
    const answer = beat(connection)
    await peer.next()
    vi.advanceTimersByTime(OPTIONS.requestTimeoutMs)
    expect((await rejection(answer)).message).toMatch(`${OPTIONS.requestTimeoutMs} ms`)
  })

  test('counts even if it is earlier than that of the requests before', async () => {
    stopTime()
    const { connection, peer } = connected()
    const answers = [beat(connection, { timeoutMs: 60_000 }), beat(connection, { timeoutMs: 1000 })]
    await peer.nextOnes(2)
    vi.advanceTimersByTime(1000)
    expect((await rejection(answers[1])).message).toMatch('1000 ms')
    expect(await rejection(answers[0])).toMatchObject({ retriable: true })
  })

  test('of a request that was answered does not matter to those behind it', async () => {
    stopTime()
    const { connection, peer } = connected()
    const first = beat(connection, { timeoutMs: 1000 })
    const second = beat(connection, { timeoutMs: 5000 })
    const requests = await peer.nextOnes(2)
    requests[0].answer(ANSWER)
    await first
    vi.advanceTimersByTime(4999)
    await turn()
    expect(connection.closed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await rejection(second)).toBeInstanceOf(TimeoutError)
  })

  test('does not pass while the answer lies in the socket already', async () => {
    stopTime()
    const { connection, peer } = connected()
    const answer = beat(connection, { timeoutMs: 1000 })
    const request = await peer.next()
    // As after a blocked event loop: timers come before what has arrived.
    vi.advanceTimersByTime(1000)
    request.answer(ANSWER)
    expect(await answer).toEqual(ANSWER)
    await turn()
    expect(connection.closed).toBe(false)
  })

  test('leaves late answers without any effect', async () => {
    stopTime()
    const { connection, peer, ends, socket } = connected()
    const answers = [beat(connection, { timeoutMs: 1000 }), beat(connection)]
    const requests = await peer.nextOnes(2)
    vi.advanceTimersByTime(1000)
    for (const answer of answers) expect(await rejection(answer)).toBeInstanceOf(TimeoutError)
    // Destroyed streams hand nothing out; what was on its way is handed to the listeners all the same.
    for (const request of requests) socket.emit('data', request.answerBytes(ANSWER))
    socket.emit('end')
    socket.emit('error', new Error('late'))
    await turn()
    expect(ends).toHaveLength(1)
    expect(connection.inFlight).toBe(0)
  })
})

describe('a lost socket', () => {
  test('fails everything in flight with a ConnectionError that can be retried', async () => {
    const { connection, peer, ends } = connected()
    const answers = [beat(connection), beat(connection), beat(connection)]
    const requests = await peer.nextOnes(3)
    requests[0].answer(ANSWER)
    await answers[0]
    peer.end()
    for (const answer of answers.slice(1)) {
      const error = await rejection(answer)
      expect(error).toMatchObject({ name: 'ConnectionError', retriable: true, broker: 'b:9092' })
      expect(error.message).not.toMatch(/sasl/)
    }
    expect(connection.closed).toBe(true)
    expect(ends).toMatchObject([{ name: 'ConnectionError' }])
  })

  test('in the midst of an answer is no DecodeError', async () => {
    const { connection, peer } = connected()
    const answer = beat(connection)
    const request = await peer.next()
    peer.write(request.answerBytes(ANSWER).subarray(0, 7))
    peer.end()
    expect(await rejection(answer)).toMatchObject({ name: 'ConnectionError', retriable: true })
  })

  test('before any answer makes one think of the security options', async () => {
    const { connection, peer } = connected()
    const answer = beat(connection)
    await peer.next()
    peer.end()
    expect((await rejection(answer)).message).toMatch(/ssl.*sasl/)
  })

  test('is named with the reason that the system gave', async () => {
    const { connection, socket, ends } = connected()
    const answer = beat(connection)
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    socket.destroy(reset)
    const error = await rejection(answer)
    expect(error).toMatchObject({ name: 'ConnectionError', retriable: true, cause: reset })
    expect(error.message).toMatch(/ECONNRESET/)
    await turn()
    expect(ends).toEqual([error])
  })

  test('takes no more requests', async () => {
    const { connection, peer } = connected()
    peer.end()
    await turn()
    expect(connection.closed).toBe(true)
    expect(await rejection(beat(connection))).toMatchObject({ name: 'ConnectionError', retriable: true })
    expect(await rejection(connection.sendOneWay(heartbeat, {} as never))).toBeInstanceOf(ConnectionError)
    expect(peer.requests).toHaveLength(0)
  })

  test('gives back the bytes that it did not take', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).pause())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const options = { host: '127.0.0.1', port, ssl: false }
    const { connection } = connectionOver(await openSocket(options, 'b:9092', new AbortController().signal))
    const written = Promise.withResolvers<void>()
    // More than the system takes over from a writer whom nobody reads.
    const authBytes = Buffer.alloc(64 * 1024 * 1024)
    let early = true
    const answer = connection.send(saslAuthenticate, { authBytes }, { onWritten: () => written.resolve() })
    void written.promise.then(() => expect(early).toBe(false))
    await turn()
    early = false
    connection.close()
    expect(await rejection(answer)).toBeInstanceOf(ClosedError)
    await written.promise
  })
})

describe('close', () => {
  test('settles everything in flight with a ClosedError, and tells the owner once', async () => {
    const { connection, peer, ends } = connected()
    const answers = [beat(connection), beat(connection), beat(connection)]
    await peer.nextOnes(3)
    connection.close()
    connection.close(new ConnectionError('again'))
    for (const answer of answers) expect(await rejection(answer)).toMatchObject({ name: 'ClosedError', code: 'CLOSED' })
    await peer.closed
    await turn()
    expect(ends).toEqual([null])
    expect(await rejection(beat(connection))).toBeInstanceOf(ConnectionError)
  })

  test('passes the error on that it was given', async () => {
    const { connection, ends } = connected()
    const answer = beat(connection)
    const reason = new ConnectionError('idle')
    connection.close(reason)
    expect(await rejection(answer)).toBe(reason)
    expect(ends).toEqual([reason])
  })

  test('leaves no timer behind', () => {
    stopTime()
    const { connection } = connected()
    beat(connection)
    expect(vi.getTimerCount()).toBe(1)
    connection.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a request that cannot be encoded', () => {
  test('sends nothing and harms no other', async () => {
    const { connection, peer } = connected()
    const before = beat(connection)
    const long = { groupId: 'x'.repeat(40_000), generationId: 1, memberId: 'm' }
    const error = await rejection(connection.send(heartbeat, long))
    expect(error).toMatchObject({ name: 'EncodeError', code: 'ENCODE_FAILED', api: 'Heartbeat' })
    const after = beat(connection)
    const requests = await peer.nextOnes(2)
    requests[0].answer({ ...ANSWER, errorCode: 25 })
    requests[1].answer({ ...ANSWER, errorCode: 27 })
    expect(await Promise.all([before, after])).toMatchObject([{ errorCode: 25 }, { errorCode: 27 }])
    expect(peer.requests).toHaveLength(2)
    expect(connection.closed).toBe(false)
  })
})

const PRODUCE = { acks: 0, timeoutMs: 1000, topicData: [] }

describe('a request without an answer', () => {
  test('is done when the socket has taken it, and the next one gets its own answer', async () => {
    const { connection, peer } = connected()
    const before = beat(connection)
    let written = 0
    const oneWay = connection.sendOneWay(produce, PRODUCE, { onWritten: () => written++ })
    const after = beat(connection)
    expect(connection.inFlight).toBe(3)
    await oneWay
    expect(connection.inFlight).toBe(2)
    expect(written).toBe(1)
    const requests = await peer.nextOnes(3)
    expect(requests.map(({ name }) => name)).toEqual(['Heartbeat', 'Produce', 'Heartbeat'])
    requests[0].answer({ ...ANSWER, errorCode: 25 })
    requests[2].answer({ ...ANSWER, errorCode: 27 })
    expect(await Promise.all([before, after])).toMatchObject([{ errorCode: 25 }, { errorCode: 27 }])
  })

  test('fails with the socket', async () => {
    const socket = new Duplex({
      read() {},
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const { connection } = connectionOver(socket)
    const error = await rejection(connection.sendOneWay(produce, PRODUCE))
    expect(error).toMatchObject({ name: 'ConnectionError', retriable: true, broker: 'b:9092' })
    expect(connection.closed).toBe(true)
  })

  /** A socket that takes nothing until it is told to. */
  function stalled() {
    const writes: Array<(error?: Error | null) => void> = []
    const take = (_chunk: unknown, done: () => void): void => void writes.push(done)
    const socket = new Duplex({ read() {}, write: (chunk, _encoding, done) => take(chunk, done), writev: take })
    return { ...connectionOver(socket), writes }
  }

  test('that the socket does not take in time ends the connection', async () => {
    stopTime()
    const { connection, ends } = stalled()
    const oneWay = rejection(connection.sendOneWay(produce, PRODUCE, { timeoutMs: 1000 }))
    const other = rejection(connection.sendOneWay(produce, PRODUCE))
    vi.advanceTimersByTime(1000)
    const error = await oneWay
    expect(error).toMatchObject({ name: 'TimeoutError', api: 'Produce', broker: 'b:9092' })
    expect(error.message).toMatch(/did not take Produce within 1000 ms/)
    expect(await other).toBe(error)
    expect(ends).toEqual([error])
  })

  test('is use: the connection is idle since it was written', async () => {
    stopTime()
    const { connection, writes } = stalled()
    const oneWay = connection.sendOneWay(produce, PRODUCE)
    await turn()
    vi.advanceTimersByTime(1000)
    expect(connection.idleMs).toBe(0)
    writes[0]()
    await oneWay
    expect(connection.idleMs).toBe(0)
    vi.advanceTimersByTime(1000)
    expect(connection.idleMs).toBe(1000)
  })

  test('that fails in mid-life with an error of TLS is a lost connection like any other', async () => {
    const broken = Object.assign(new Error('bad record'), { code: 'ERR_SSL_BAD_RECORD' })
    const [socket, other] = duplexPair()
    const { connection } = connectionOver(socket)
    const peer = new Peer(other)
    const answer = beat(connection)
    const request = await peer.next()
    request.answer(ANSWER)
    await answer
    const oneWay = rejection(connection.sendOneWay(produce, PRODUCE))
    socket.destroy(broken)
    const error = await oneWay
    expect(error).toMatchObject({ name: 'ConnectionError', retriable: true, cause: broken })
    expect(error.message).toMatch(/was lost: bad record/)
  })
})

describe('a throttled connection (KIP-219)', () => {
  async function throttled(throttleTimeMs: number) {
    const all = connected()
    const answer = beat(all.connection)
    const request = await all.peer.next()
    request.answer({ ...ANSWER, throttleTimeMs })
    await answer
    return all
  }

  test('lets nobody wait longer than for an answer', async () => {
    stopTime()
    const { connection, peer } = await throttled(60_000)
    const late = rejection(beat(connection, { timeoutMs: 500 }))
    const oneWay = rejection(connection.sendOneWay(produce, PRODUCE, { timeoutMs: 600 }))
    vi.advanceTimersByTime(500)
    expect(await late).toMatchObject({ name: 'TimeoutError', api: 'Heartbeat', retriable: true })
    vi.advanceTimersByTime(100)
    expect((await oneWay).message).toMatch(/throttles this client: Produce was not sent within 600 ms/)
    expect(connection.closed).toBe(false)
    expect(peer.requests).toHaveLength(1)
  })

  test('counts the deadline from the call', async () => {
    stopTime()
    const { connection, peer } = await throttled(300)
    const late = rejection(beat(connection, { timeoutMs: 500 }))
    vi.advanceTimersByTime(300)
    await peer.next()
    vi.advanceTimersByTime(199)
    await turn()
    expect(connection.closed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await late).toBeInstanceOf(TimeoutError)
  })

  test('sends in the order of the calls, and is not idle meanwhile', async () => {
    stopTime()
    const { connection, peer } = await throttled(300)
    for (let generationId = 0; generationId < 5; generationId++) {
      void connection.send(heartbeat, { groupId: 'g', generationId, memberId: 'm' }).catch(() => {})
    }
    vi.advanceTimersByTime(299)
    expect(connection.idleMs).toBe(0)
    vi.advanceTimersByTime(1)
    const bodies = (await peer.nextOnes(5)).map(({ body }) => body as { generationId: number })
    expect(bodies.map(({ generationId }) => generationId)).toEqual([0, 1, 2, 3, 4])
  })

  test('keeps no process alive for whom nobody waits', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => set.mockRestore())
    await throttled(60_000)
    const pause = set.mock.calls.findIndex(([, ms]) => ms === 60_000)
    expect((set.mock.results[pause].value as NodeJS.Timeout).hasRef()).toBe(false)
  })
})
