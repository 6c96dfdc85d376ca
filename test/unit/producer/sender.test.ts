import { afterEach, describe, expect, it, vi } from 'vitest'
import { codecs } from '../../../protocol/records/compression/index.ts'
import { RecordBatchBuilder } from '../../../protocol/records/index.ts'
import {
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  ConnectionError,
  type KafkaError,
  PartialFailureError,
  TimeoutError,
} from '../../../src/errors.ts'
import type { ProducerOptions } from '../../../src/producer/options.ts'
import { Producer } from '../../../src/producer/producer.ts'
import { FakeCluster, type Fate, pass, turn, until } from './fake-cluster.ts'

const producers: Producer[] = []

function producerOn(cluster: FakeCluster, options: ProducerOptions = {}): Producer {
  const producer = new Producer(cluster.asCluster, options)
  producers.push(producer)
  return producer
}

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await Promise.all(producers.splice(0).map((producer) => producer.close({ timeoutMs: 0 })))
})

const send = (producer: Producer, ...values: string[]) => {
  return producer.sendBatch(values.map((value) => ({ topic: 't', partition: 0, value })))
}

/** A script that gives the first answers for a partition these fates, then lets the log decide. */
function fates(...list: Array<Fate | undefined>): { partition: () => Fate | undefined } {
  return { partition: () => list.shift() }
}

async function rejection(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => {
      throw new Error('it was resolved')
    },
    (error) => error,
  )
}

/** The error of the only record of a sendBatch. */
async function recordError(promise: Promise<unknown>): Promise<KafkaError> {
  const error = await rejection(promise)
  expect(error).toBeInstanceOf(PartialFailureError)
  return (error as PartialFailureError<KafkaError[]>).results.find((result) => result instanceof Error)!
}

/** Sends each value in a request of its own, held back until all are in flight. */
async function pipeline(cluster: FakeCluster, producer: Producer, values: string[]): Promise<Array<Promise<unknown>>> {
  await send(producer, 'first')
  cluster.held = true
  return inFlight(cluster, producer, values)
}

/** Sends each value in a request of its own. */
async function inFlight(cluster: FakeCluster, producer: Producer, values: string[]): Promise<Array<Promise<unknown>>> {
  const outcomes: Array<Promise<unknown>> = []
  for (const value of values) {
    const before = cluster.requests.length
    const outcome = producer.send({ topic: 't', partition: 0, value })
    outcome.catch(() => {})
    outcomes.push(outcome)
    await until(() => cluster.requests.length > before)
  }
  return outcomes
}

describe('batching', () => {
  it('puts what is sent in one tick into one request, one batch for each partition', async () => {
    const cluster = new FakeCluster({ t: 3 })
    const producer = producerOn(cluster)
    const messages = Array.from({ length: 30 }, (_, i) => ({ topic: 't', partition: i % 3, value: `${i}` }))
    const results = await Promise.all(messages.map((message) => producer.send(message)))
    expect(results[29]).toMatchObject({ topic: 't', partition: 2, offset: 9 })
    expect(cluster.requests).toHaveLength(1)
    expect(cluster.log('t', 1).batches).toMatchObject([{ count: 10, sequence: 0, epoch: 0 }])
  })

  it('fills a batch while as many requests are in flight as may be', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const outcomes = await pipeline(cluster, producer, ['1', '2', '3', '4', '5'])
    for (let i = 6; i < 26; i++) {
      outcomes.push(producer.send({ topic: 't', partition: 0, value: `${i}` }))
      await turn()
    }
    expect(producer.metrics()['requests-in-flight']).toBe(5)
    cluster.release()
    await Promise.all(outcomes)
    expect(cluster.log('t').batches.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1, 20])
  })

  it('waits lingerMs for more records, but not after a flush', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { lingerMs: 60_000 })
    const outcomes = [send(producer, 'a')]
    await turn()
    await turn()
    outcomes.push(send(producer, 'b'))
    expect(cluster.requests).toHaveLength(0)
    await producer.flush()
    expect(await Promise.all(outcomes)).toHaveLength(2)
    expect(cluster.log('t').batches).toMatchObject([{ count: 2 }])
  })

  it('closes a batch at batchSize', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { batchSize: 1000 })
    await send(producer, ...Array.from({ length: 10 }, () => 'x'.repeat(300)))
    expect(Math.max(...cluster.log('t').batches.map(({ count }) => count))).toBeLessThanOrEqual(3)
    expect(cluster.log('t').records).toHaveLength(10)
  })

  it('keeps the order of batches when one is compressed off the main thread', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { compressionType: 'gzip', batchSize: 200_000 })
    // Large enough for the thread pool, then small enough for the main thread.
    const large = send(producer, 'x'.repeat(190_000))
    const small = send(producer, ...Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(1000)))
    await Promise.all([large, small])
    const { values } = cluster.log('t')
    expect(values[0]).toHaveLength(190_000)
    expect(values.slice(1).map(Number)).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  it('speaks no version without topic names for a topic without an id', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    await send(producer, 'a')
    expect(cluster.requests[0].maxVersion).toBeUndefined()
    const topic = cluster.metadata.topics.get('t')!
    const topics = new Map([['t', { ...topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }]])
    cluster.metadata = { ...cluster.metadata, topics }
    await send(producer, 'b')
    expect(cluster.requests[1].maxVersion).toBe(12)
  })
})

describe('retries', () => {
  it.each([3, 5, 6, 7, 13, 19, 20, 56, 74, 75, 100])('sends a batch again after error %i', async (errorCode) => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode }, { errorCode })
    const producer = producerOn(cluster)
    expect(await send(producer, 'a', 'b')).toMatchObject([{ offset: 0 }, { offset: 1 }])
    expect(cluster.requests).toHaveLength(3)
    expect(producer.metrics()).toMatchObject({ 'record-retry-total': 4, 'record-error-total': 0 })
  })

  it('writes nothing twice when the answer of an appended batch was an error', async () => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode: 20, append: true })
    await send(producerOn(cluster), 'a', 'b')
    expect(cluster.log('t').values).toEqual(['a', 'b'])
  })

  it.each([3, 6, 56])('writes nothing twice when error %i came after the append', async (errorCode) => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const [x, a] = await pipeline(cluster, producer, ['x', 'a'])
    cluster.script = fates({ errorCode, append: true }, { errorCode, append: true }, { errorCode: -1 })
    cluster.release()
    expect(await rejection(x)).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', persisted: 'maybe' })
    expect(await a).toMatchObject({ offset: 2 })
    expect(cluster.log('t').values).toEqual(['first', 'x', 'a'])
  })

  it('sends nothing more of a partition until all in flight have been answered, then in order', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const outcomes = await pipeline(cluster, producer, ['a', 'b', 'c', 'd'])
    cluster.script = fates({ errorCode: 19 })
    cluster.release()
    outcomes.push(producer.send({ topic: 't', partition: 0, value: 'e' }))
    await Promise.all(outcomes)
    expect(cluster.log('t').values).toEqual(['first', 'a', 'b', 'c', 'd', 'e'])
    expect(new Set(cluster.log('t').batches.map(({ epoch }) => epoch))).toEqual(new Set([0]))
  })

  it('keeps the order without idempotence too', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { enableIdempotence: false, maxInFlightRequestsPerConnection: 1 })
    cluster.script = fates(undefined, { errorCode: 19 })
    await Promise.all(['a', 'b', 'c'].map((value) => send(producer, value)))
    expect(cluster.log('t').values).toEqual(['a', 'b', 'c'])
    expect(cluster.log('t').batches[0].producerId).toBe(-1)
  })

  it.each(['lose-unseen', 'lose-after-append'] as const)('survives a lost connection: %s', async (fate) => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const outcomes = await pipeline(cluster, producer, ['a', 'b', 'c'])
    let losses = 1
    cluster.script = { request: () => (losses-- > 0 ? fate : 'answer') }
    cluster.release()
    await Promise.all(outcomes)
    expect(cluster.log('t').values).toEqual(['first', 'a', 'b', 'c'])
  })

  it('follows the leader that the answer names', async () => {
    const cluster = new FakeCluster({ t: 1 }, 2)
    const producer = producerOn(cluster)
    await send(producer, 'a')
    cluster.move('t', 0, 2)
    cluster.script = fates({ errorCode: 6, currentLeader: { leaderId: 2, leaderEpoch: 1 } })
    await send(producer, 'b')
    expect(cluster.requests.map(({ broker }) => broker)).toEqual([1, 1, 2])
    expect(cluster.log('t').values).toEqual(['a', 'b'])
  })

  it('does not wait before it asks a new leader', async () => {
    const cluster = new FakeCluster({ t: 1 }, 2)
    Object.assign(cluster.options, { retryBackoffMs: 60_000, retryBackoffMaxMs: 60_000 })
    const producer = producerOn(cluster)
    const outcomes = await pipeline(cluster, producer, ['a', 'b'])
    cluster.move('t', 0, 2)
    const moved = { errorCode: 6, currentLeader: { leaderId: 2, leaderEpoch: 1 } }
    cluster.script = fates(moved, moved)
    cluster.release()
    await Promise.all(outcomes)
    expect(cluster.log('t').values).toEqual(['first', 'a', 'b'])
  })

  it('follows a partition to its new leader while all requests to the old one hang', async () => {
    const cluster = new FakeCluster({ t: 3 }, 2)
    const producer = producerOn(cluster)
    const sendTo = (partition: number, value: string) => producer.send({ topic: 't', partition, value })
    await Promise.all([0, 1, 2].map((partition) => sendTo(partition, 'first')))
    const hung = cluster.connections.get(1)!
    hung.held = true
    const outcomes = await inFlight(cluster, producer, ['a', 'b', 'c', 'd', 'e'])
    const moved = sendTo(2, 'moved')
    outcomes.push(sendTo(0, 'f'))
    await turn()
    cluster.move('t', 0, 2)
    cluster.move('t', 2, 2)
    cluster.publish()
    expect(await moved).toMatchObject({ partition: 2, offset: 1 })
    // Those on their way may still be written by the old leader, so those behind them must wait.
    expect(cluster.requests.at(-1)).toMatchObject({
      broker: 2,
      body: { topicData: [{ partitionData: [{ index: 2 }] }] },
    })
    hung.lose()
    await Promise.all(outcomes)
    expect(cluster.log('t').values).toEqual(['first', 'a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('waits for a partition without a leader', async () => {
    const cluster = new FakeCluster()
    cluster.move('t', 0, -1)
    cluster.publish()
    const producer = producerOn(cluster)
    const outcome = send(producer, 'a')
    await until(() => cluster.invalidations > 3)
    cluster.move('t', 0, 1)
    await outcome
    expect(cluster.log('t').values).toEqual(['a'])
  })

  it('counts an answer without the partition as a lost one', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    cluster.script = fates({ index: 77, append: true })
    await send(producer, 'a')
    expect(cluster.log('t').values).toEqual(['a'])
    expect(cluster.requests).toHaveLength(2)
  })
})

describe('sequences', () => {
  it('takes a duplicate as success with an unknown offset', async () => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode: 46, baseOffset: -1 })
    expect(await send(producerOn(cluster), 'a', 'b')).toMatchObject([{ offset: -1 }, { offset: -1 }])
  })

  it('begins a new epoch when the head of the line is out of order', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const outcomes = await pipeline(cluster, producer, ['a', 'b', 'c'])
    cluster.script = fates({ errorCode: 45 })
    cluster.release()
    await Promise.all(outcomes)
    const { values, batches } = cluster.log('t')
    expect(values).toEqual(['first', 'a', 'b', 'c'])
    expect(batches.map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
    ])
  })

  it('begins a new epoch when the broker has forgotten the producer and cannot have the batch', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    await send(producer, 'a')
    cluster.script = fates({ errorCode: 59 })
    await send(producer, 'b')
    expect(cluster.log('t').batches).toMatchObject([{ epoch: 0 }, { epoch: 1, sequence: 0 }])
  })

  it('fails a batch that a forgetful broker may have, and goes on', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    await send(producer, 'a')
    cluster.script = fates({ errorCode: 7, append: true }, { errorCode: 59 })
    expect(await recordError(send(producer, 'b'))).toMatchObject({ code: 'UNKNOWN_PRODUCER_ID', persisted: 'maybe' })
    await send(producer, 'c')
    expect(cluster.log('t').values).toEqual(['a', 'b', 'c'])
  })

  it('takes a new producer id when the epochs are used up', async () => {
    const cluster = new FakeCluster()
    cluster.producerEpoch = 32_767
    const producer = producerOn(cluster)
    await send(producer, 'a')
    cluster.producerEpoch = 0
    cluster.script = fates({ errorCode: 45 })
    await send(producer, 'b')
    expect(cluster.log('t').batches).toMatchObject([
      { producerId: 1, epoch: 32_767 },
      { producerId: 2, epoch: 0, sequence: 0 },
    ])
  })

  it('goes on after an expired batch: a gap at the head of the line is one for all behind it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { deliveryTimeoutMs: 1000 })
    const [x] = await pipeline(cluster, producer, ['x'])
    vi.advanceTimersByTime(500)
    const others = await inFlight(cluster, producer, ['a', 'b', 'c', 'd'])
    cluster.down.set(1, new ConnectionError('refused'))
    cluster.connections.get(1)!.lose()
    vi.advanceTimersByTime(500)
    expect(await rejection(x)).toMatchObject({ code: 'TIMED_OUT', persisted: 'maybe' })
    cluster.down.clear()
    cluster.release()
    await pass(100)
    await Promise.all(others)
    expect(cluster.log('t').values).toEqual(['first', 'a', 'b', 'c', 'd'])
  })

  it('sends nothing behind a batch that may be in the log, as a broker remembers only five', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { batchSize: 100 })
    await send(producer, 'first')
    const unclear = { errorCode: 20, append: true }
    cluster.script = fates(unclear, unclear, undefined, undefined, undefined, undefined, { errorCode: 56 })
    const values = Array.from({ length: 12 }, (_, i) => `${i}`.padEnd(60))
    await send(producer, ...values)
    expect(cluster.log('t').values).toEqual(['first', ...values])
  })

  it('goes on after a rejected batch without a gap', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const [a, b, c] = await pipeline(cluster, producer, ['a', 'b', 'c'])
    cluster.script = fates({ errorCode: 32 })
    cluster.release()
    expect(await rejection(a)).toMatchObject({ code: 'INVALID_TIMESTAMP', persisted: 'no' })
    await Promise.all([b, c])
    expect(cluster.log('t').values).toEqual(['first', 'b', 'c'])
  })
})

describe('refusals', () => {
  it.each([
    [29, AuthorizationError, 'TOPIC_AUTHORIZATION_FAILED', 'no'],
    [17, BrokerError, 'INVALID_TOPIC_EXCEPTION', 'no'],
    [-1, BrokerError, 'UNKNOWN_SERVER_ERROR', 'maybe'],
    [9999, BrokerError, 'UNKNOWN_SERVER_ERROR', 'maybe'],
  ] as const)('rejects at error %i', async (errorCode, type, code, persisted) => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode, errorMessage: 'because' })
    const error = await recordError(send(producerOn(cluster), 'a'))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ code, errorCode, persisted, topic: 't', partition: 0 })
    expect(error.message).toContain('because')
    expect(cluster.requests).toHaveLength(1)
  })

  it('splits a batch that is too large, and rejects a record that alone is', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    cluster.script = {
      partition: (_topic, _partition, { body }) => {
        const records = body.topicData[0].partitionData[0].records as Buffer
        return records.length > 300 ? { errorCode: 10 } : undefined
      },
    }
    const values = ['1', '2', '3', 'x'.repeat(400), '5', '6', '7', '8'].map((value) => value.padEnd(50))
    const failure = await rejection(send(producer, ...values))
    const { results } = failure as PartialFailureError<unknown[]>
    expect(results.map((result) => result instanceof Error)).toEqual(values.map((_, i) => i === 3))
    expect(results[3]).toMatchObject({ code: 'MESSAGE_TOO_LARGE', persisted: 'no' })
    expect(cluster.log('t').values).toEqual(values.filter((_, i) => i !== 3))
    expect(producer.metrics()['batch-split-total']).toBeGreaterThan(1)
  })

  it.each([
    ['too large', { errorCode: 10 }],
    ['partly invalid', { errorCode: 87, recordErrors: [{ batchIndex: 0, batchIndexErrorMessage: 'no key' }] }],
  ])('does not write a batch that may be in the log in other batches when it is called %s', async (_what, refusal) => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode: 7, append: true }, refusal)
    const { results } = (await rejection(send(producerOn(cluster), 'a', 'b'))) as PartialFailureError<KafkaError[]>
    expect(results).toMatchObject([{ persisted: 'maybe' }, { persisted: 'maybe' }])
    expect(cluster.log('t').values).toEqual(['a', 'b'])
  })

  it('remembers that the parts of a batch may be in the log', async () => {
    const cluster = new FakeCluster()
    cluster.script = fates({ errorCode: 7, append: true }, { errorCode: 10 }, { errorCode: 29 }, { errorCode: 29 })
    const producer = producerOn(cluster, { enableIdempotence: false })
    const { results } = (await rejection(send(producer, 'a', 'b'))) as PartialFailureError<KafkaError[]>
    expect(results).toMatchObject([{ persisted: 'maybe' }, { persisted: 'maybe' }])
  })

  it('rejects the records that the broker names and writes the others', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    cluster.script = fates({ errorCode: 87, recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no key' }] })
    const failure = await rejection(send(producer, 'a', 'b', 'c'))
    const { results } = failure as PartialFailureError<Array<{ message?: string }>>
    expect(results[0]).toMatchObject({ offset: 0 })
    expect(results[1].message).toContain('no key')
    expect(results[2]).toMatchObject({ offset: 1 })
    await send(producer, 'd')
    expect(cluster.log('t').values).toEqual(['a', 'c', 'd'])
  })

  it('does not retry refused credentials', async () => {
    const cluster = new FakeCluster({ t: 2 })
    const refusal = new AuthenticationError('wrong password', { broker: 'fake:9001' })
    cluster.down.set(1, refusal)
    const outcome = producerOn(cluster).sendBatch([0, 1].map((partition) => ({ topic: 't', partition, value: 'a' })))
    const { results } = (await rejection(outcome)) as PartialFailureError<KafkaError[]>
    const expected = { name: 'AuthenticationError', code: 'AUTHENTICATION_FAILED', broker: 'fake:9001', fatal: true }
    for (const [partition, error] of results.entries()) {
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error).toMatchObject({ ...expected, topic: 't', partition, persisted: 'no', cause: refusal })
    }
    expect(refusal).not.toHaveProperty('persisted')
  })

  it('fails when the cluster gives no producer id', async () => {
    const cluster = new FakeCluster()
    cluster.initProducerIdError = 31
    const error = await recordError(send(producerOn(cluster), 'a'))
    expect(error).toBeInstanceOf(AuthorizationError)
    const which = { errorCode: 31, resourceType: 'cluster', topic: 't', partition: 0, persisted: 'no' }
    expect(error).toMatchObject(which)
  })

  it('says of each record of a failed request where it was to go', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const [a] = await pipeline(cluster, producer, ['a'])
    cluster.connections.get(1)!.lose(new AuthenticationError('the session has ended'))
    const where = { name: 'AuthenticationError', topic: 't', partition: 0, persisted: 'maybe' }
    expect(await rejection(a)).toMatchObject(where)
  })
})

describe('deadlines', () => {
  it('fails what was never sent with persisted no, naming the last reason', async () => {
    const cluster = new FakeCluster()
    // One attempt, then a pause beyond the deadline: nothing is on its way when time is up.
    Object.assign(cluster.options, { retryBackoffMs: 10_000, retryBackoffMaxMs: 10_000 })
    cluster.script = { partition: () => ({ errorCode: 19 }) }
    const error = await recordError(send(producerOn(cluster, { deliveryTimeoutMs: 40 }), 'a'))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ topic: 't', partition: 0, persisted: 'no' })
    expect(error.message).toContain('NOT_ENOUGH_REPLICAS')
  })

  it.each([3, 6, 56])('fails with persisted maybe what error %i may have left in the log', async (errorCode) => {
    const cluster = new FakeCluster()
    Object.assign(cluster.options, { retryBackoffMs: 10_000, retryBackoffMaxMs: 10_000 })
    cluster.script = { partition: () => ({ errorCode, append: true }) }
    const error = await recordError(send(producerOn(cluster, { deliveryTimeoutMs: 40 }), 'a'))
    expect(error).toMatchObject({ code: 'TIMED_OUT', persisted: 'maybe' })
  })

  it('does not expire what has been answered while the event loop was blocked', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { deliveryTimeoutMs: 30 })
    const [a] = await pipeline(cluster, producer, ['a'])
    cluster.release()
    for (const start = performance.now(); performance.now() - start < 60; );
    expect(await a).toMatchObject({ offset: 1 })
  })

  it('leaves no timer behind for what has expired before its next try', async () => {
    const cluster = new FakeCluster()
    Object.assign(cluster.options, { retryBackoffMs: 60_000, retryBackoffMaxMs: 60_000 })
    cluster.script = { partition: () => ({ errorCode: 19 }) }
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const before = timers()
    await recordError(send(producerOn(cluster, { deliveryTimeoutMs: 30 }), 'a'))
    await turn()
    expect(timers()).toBe(before)
  })

  it('does not name a reason that has passed', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { deliveryTimeoutMs: 60 })
    cluster.script = fates({ errorCode: 19 })
    await send(producer, 'a')
    cluster.held = true
    expect((await recordError(send(producer, 'b'))).cause).toBeUndefined()
  })

  it('fails what is on its way with persisted maybe, and the ones behind it are still written in order', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { deliveryTimeoutMs: 60 })
    await send(producer, 'a')
    cluster.held = true
    expect(await recordError(send(producer, 'b'))).toMatchObject({ persisted: 'maybe' })
    cluster.script = fates({ errorCode: 19 })
    const c = send(producer, 'c')
    cluster.release()
    await c
    expect(cluster.log('t').values).toEqual(['a', 'c'])
  })

  it('uses no memory again that a request which has expired still needs', async () => {
    const cluster = new FakeCluster({ t: 1, u: 1 })
    const producer = producerOn(cluster, { deliveryTimeoutMs: 60 })
    await send(producer, 'a')
    cluster.held = true
    await recordError(send(producer, 'b'))
    const u = producer.send({ topic: 'u', value: 'u' })
    cluster.release()
    await u
    expect(cluster.log('t').values).toEqual(['a', 'b'])
    expect(cluster.log('u').values).toEqual(['u'])
  })
})

describe('want of memory', () => {
  it.each(['gzip', 'zstd'] as const)('sends a batch as it is when %s cannot compress it', async (compressionType) => {
    const cluster = new FakeCluster()
    vi.spyOn(codecs[compressionType], 'compress').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed')
    })
    await send(producerOn(cluster, { compressionType }), 'a'.repeat(100))
    expect(cluster.log('t').values).toEqual(['a'.repeat(100)])
  })

  it('fails a record that cannot be put into a batch, and no other', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const noMemory = () => {
      throw new RangeError('Array buffer allocation failed')
    }
    vi.spyOn(RecordBatchBuilder.prototype, 'append').mockImplementationOnce(noMemory)
    const [a, b] = ['a', 'b'].map((value) => producer.send({ topic: 't', value }))
    expect((await rejection(a)).message).toContain('allocation failed')
    expect(await b).toMatchObject({ offset: 0 })
    await producer.flush()
    expect(producer.metrics()['buffer-available-bytes']).toBe(33_554_432)
  })
})

describe('acks', () => {
  it('resolves with acks 0 when written, without an offset', async () => {
    const cluster = new FakeCluster()
    expect(await send(producerOn(cluster, { acks: 0 }), 'a')).toMatchObject([{ offset: -1 }])
    expect(cluster.requests[0].body.acks).toBe(0)
  })
})
