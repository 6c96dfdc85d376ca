import { expect, onTestFinished, test, vi } from 'vitest'
import type { BrokerPool } from '../../../src/cluster/broker-pool.ts'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { Fetcher, type FetcherEvents, type FetcherOptions } from '../../../src/consumer/fetcher.ts'
import { type AssignedPartition, Partitions } from '../../../src/consumer/partitions.ts'
import { TroubleLog } from '../../../src/consumer/trouble-log.ts'
import { ConnectionError } from '../../../src/errors.ts'
import { eventually } from '../eventually.ts'
import { recordBatch } from './batches.ts'

interface Asked {
  partition: number
  fetchOffset: number
  currentLeaderEpoch: number
}
interface FetchBody {
  maxWaitMs: number
  topics: Array<{ partitions: Asked[] }>
}
interface Request {
  broker: number
  maxWaitMs: number
  maxVersion: number
  partitions: Asked[]
  answer(partitions: object[], top?: object): void
  fail(error: Error): void
}

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const options: FetcherOptions = {
  fetchMinBytes: 1,
  fetchMaxWaitMs: 500,
  fetchMaxBytes: 10_000,
  maxPartitionFetchBytes: 100,
  isolationLevel: 'read_committed',
  checkCrcs: true,
  maxDecompressedBytes: 100_000,
}

/** A cluster whose brokers answer Fetch when the test says so. */
function scripted(partitionCount = 2, retryBackoffMs = 1) {
  const requests: Request[] = []
  const leaders = Array.from({ length: partitionCount }, () => 1)
  const topic = { topicId: TOPIC_ID, errorCode: 0, partitions: leaders.map(() => ({ leaderEpoch: 7 })) }
  const hints: unknown[] = []
  let invalidated = 0
  const metadataListeners = new Set<() => void>()
  const cluster = {
    options: { requestTimeoutMs: 1000, retryBackoffMs, retryBackoffMaxMs: 2, metadataMaxAgeMs: 1000 },
    metadata: {
      brokers: new Map([1, 2].map((id) => [id, {}])),
      topics: new Map([['t', topic]]),
    },
    leader: (_topic: string, partition: number) => leaders[partition],
    invalidate: () => invalidated++,
    updateLeader: (...hint: unknown[]) => {
      hints.push(hint)
      for (const listener of metadataListeners) listener()
    },
    onMetadata: (listener: () => void) => {
      metadataListeners.add(listener)
      return () => metadataListeners.delete(listener)
    },
  }
  const pool = {
    broker: (id: number) => ({
      send: (_api: unknown, body: FetchBody, { maxVersion }: { maxVersion: number }) =>
        new Promise((resolve, reject) => {
          requests.push({
            broker: id,
            maxWaitMs: body.maxWaitMs,
            maxVersion,
            partitions: body.topics.flatMap((topic) => topic.partitions),
            answer: (partitions, top = {}) =>
              resolve({
                errorCode: 0,
                nodeEndpoints: [],
                responses: [{ topic: '', topicId: TOPIC_ID, partitions: partitions.map(partitionAnswer) }],
                ...top,
              }),
            fail: reject,
          })
        }),
    }),
  }
  const events = {
    arrival: vi.fn<FetcherEvents['arrival']>(),
    positionLost: vi.fn<FetcherEvents['positionLost']>(),
    failure: vi.fn<FetcherEvents['failure']>(),
  }
  const partitions = new Partitions()
  const assigned: AssignedPartition[] = leaders.map((_, i) => {
    const partition = partitions.add('t', i)
    partition.seek(0)
    return partition
  })
  const silent = { debug() {}, info() {}, warn() {}, error() {} }
  const fetcher = new Fetcher(
    cluster as unknown as Cluster,
    pool as unknown as BrokerPool,
    partitions,
    options,
    new TroubleLog(silent),
    events,
  )
  onTestFinished(() => fetcher.close())
  return {
    requests,
    leaders,
    topic,
    hints,
    events,
    assigned,
    fetcher,
    invalidated: () => invalidated,
    /** The n-th request, once it is there. */
    request: (n: number) => eventually(() => requests[n] ?? Promise.reject(new Error(`no request ${n}`))),
  }
}

function partitionAnswer(answer: object): object {
  return {
    errorCode: 0,
    highWatermark: 100,
    lastStableOffset: 100,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: null,
    ...answer,
  }
}

test('asks for all partitions of a leader at once, with their epochs; the next request goes on where the answer ended', async () => {
  const script = scripted()
  script.fetcher.wake()
  const first = await script.request(0)
  expect(first.partitions).toMatchObject([
    { partition: 0, fetchOffset: 0, currentLeaderEpoch: 7 },
    { partition: 1, fetchOffset: 0 },
  ])
  expect(first.maxWaitMs).toBe(500)
  first.answer([{ partitionIndex: 0, records: await recordBatch({ offset: 0, values: ['a', 'b'] }) }])
  const second = await script.request(1)
  expect(second.partitions).toMatchObject([{ fetchOffset: 2 }, { fetchOffset: 0 }])
  expect(script.assigned[0].deliverable).toBe(true)
  expect(script.events.arrival).toHaveBeenCalled()
})

test('a full partition is left out until it has room, and no request waits at the broker meanwhile', async () => {
  const script = scripted()
  script.fetcher.wake()
  const first = await script.request(0)
  first.answer([{ partitionIndex: 0, records: await recordBatch({ offset: 0, values: ['x'.repeat(200)] }) }])
  const second = await script.request(1)
  expect(second.partitions.map(({ partition }) => partition)).toEqual([1])
  expect(second.maxWaitMs).toBe(0)
  script.assigned[0].dequeue()
  script.fetcher.roomFor(script.assigned[0])
  second.answer([{ partitionIndex: 1 }])
  const third = await script.request(2)
  expect(third.partitions.map(({ partition }) => partition)).toEqual([0, 1])
  expect(third.maxWaitMs).toBe(500)
})

test('paused partitions are not asked for', async () => {
  const script = scripted()
  script.assigned[0].paused = true
  script.fetcher.wake()
  expect((await script.request(0)).partitions.map(({ partition }) => partition)).toEqual([1])
})

test('an answer that a seek has overtaken is dropped', async () => {
  const script = scripted(1)
  script.fetcher.wake()
  const first = await script.request(0)
  script.assigned[0].seek(50)
  first.answer([{ partitionIndex: 0, records: await recordBatch({ offset: 0 }) }])
  expect((await script.request(1)).partitions).toMatchObject([{ fetchOffset: 50 }])
  expect(script.assigned[0].deliverable).toBe(false)
})

test('a moved leader is followed by the hint in the answer (KIP-951)', async () => {
  const script = scripted(1)
  script.fetcher.wake()
  const first = await script.request(0)
  script.leaders[0] = 2
  first.answer([{ partitionIndex: 0, errorCode: 6, currentLeader: { leaderId: 2, leaderEpoch: 8 } }], {
    nodeEndpoints: [{ nodeId: 2, host: 'h', port: 1, rack: null }],
  })
  await eventually(() =>
    expect(script.hints).toEqual([['t', 0, { id: 2, epoch: 8 }, [{ id: 2, host: 'h', port: 1, rack: null }]]]),
  )
  expect((await script.request(1)).broker).toBe(2)
  expect(script.events.failure).not.toHaveBeenCalled()
})

test.each([3, 5, 6, 9, 56, 74, 75, 78, 100, -1])(
  "error %i of a partition is a pause, and never the user's",
  async (errorCode) => {
    const script = scripted(1)
    script.fetcher.wake()
    ;(await script.request(0)).answer([{ partitionIndex: 0, errorCode }])
    expect((await script.request(1)).partitions).toMatchObject([{ partition: 0, fetchOffset: 0 }])
    expect(script.assigned[0].error).toBeNull()
  },
)

test('what no retry cures belongs to its partition; others go on', async () => {
  const script = scripted()
  script.fetcher.wake()
  ;(await script.request(0)).answer([
    { partitionIndex: 0, errorCode: 29 },
    { partitionIndex: 1, records: await recordBatch({ offset: 0 }) },
  ])
  await eventually(() =>
    expect(script.assigned[0].error).toMatchObject({ name: 'AuthorizationError', resourceName: 't' }),
  )
  expect(script.assigned[1].deliverable).toBe(true)
})

test('a lost connection is retried, with fresh metadata', async () => {
  const script = scripted(1)
  script.fetcher.wake()
  ;(await script.request(0)).fail(new ConnectionError('gone'))
  await script.request(1)
  expect(script.invalidated()).toBe(1)
  expect(script.events.failure).not.toHaveBeenCalled()
})

test('an offset out of range waits until what was fetched before is processed', async () => {
  const script = scripted(1)
  const [p] = script.assigned
  script.fetcher.wake()
  ;(await script.request(0)).answer([{ partitionIndex: 0, records: await recordBatch({ offset: 0 }) }])
  ;(await script.request(1)).answer([{ partitionIndex: 0, errorCode: 1 }])
  const third = await script.request(2)
  expect(p.source).toBeNull()
  p.dequeue()
  p.supply([], 1)
  third.answer([{ partitionIndex: 0, errorCode: 1 }])
  await eventually(() => expect(p.source).toEqual({ kind: 'policy', offset: 1 }))
  expect(script.events.positionLost).toHaveBeenCalledTimes(1)
})

test('a replica nearby is read from, until it does not have the offset', async () => {
  const script = scripted(1)
  script.fetcher.wake()
  ;(await script.request(0)).answer([{ partitionIndex: 0, preferredReadReplica: 2 }])
  const second = await script.request(1)
  expect(second.broker).toBe(2)
  second.answer([{ partitionIndex: 0, errorCode: 1 }])
  expect((await script.request(2)).broker).toBe(1)
  expect(script.events.positionLost).not.toHaveBeenCalled()
})

test('a batch without records is passed over', async () => {
  const script = scripted(1)
  const empty = await recordBatch({ offset: 0, values: ['a', 'b', 'c'] })
  const compacted = Buffer.from(empty.subarray(0, 61))
  compacted.writeInt32BE(61 - 12, 8)
  compacted.writeInt32BE(0, 57)
  script.fetcher.wake()
  ;(await script.request(0)).answer([{ partitionIndex: 0, records: compacted }])
  expect((await script.request(1)).partitions).toMatchObject([{ fetchOffset: 3 }])
})

test('an answer without a whole batch is an error for who comes there, and no reason to ask for ever', async () => {
  const script = scripted(1)
  const [p] = script.assigned
  const broken = await recordBatch({ offset: 0 })
  // Beyond what any answer can hold.
  broken.writeInt32BE(2 ** 31 - 1, 8)
  script.fetcher.wake()
  const first = await script.request(0)
  expect(p.retryAt).toBe(0)
  first.answer([{ partitionIndex: 0, records: broken }])
  const second = await script.request(1)
  expect(second.partitions).toMatchObject([{ fetchOffset: 0 }])
  expect([p.failures, p.retryAt > 0]).toEqual([1, true])
  expect(p.deliverable).toBe(true)
  second.answer([{ partitionIndex: 0, records: broken }])
  await eventually(() => expect(p.failures).toBe(2))
  // It takes room like all that waits for the user, so that this ends.
  expect(p.bufferedBytes).toBe(2 * broken.length)
  expect(() => p.dequeue()!.decode(0)).toThrow('hold no whole record batch')
})

test('what a paused partition has fetched ahead gives way to the others when it takes all there may be', async () => {
  const script = scripted()
  const [p, q] = script.assigned
  script.fetcher.wake()
  ;(await script.request(0)).answer([
    { partitionIndex: 0, records: await recordBatch({ offset: 0, values: ['x'.repeat(12_000)] }) },
  ])
  await eventually(() => expect(p.bufferedBytes).toBeGreaterThan(options.fetchMaxBytes))
  p.paused = true
  script.fetcher.roomFor(q)
  const second = await script.request(1)
  expect(second.partitions).toMatchObject([{ partition: 1 }])
  expect([p.bufferedBytes, p.fetchOffset]).toEqual([0, 0])
  p.paused = false
  second.answer([{ partitionIndex: 1 }])
  expect((await script.request(2)).partitions).toMatchObject([{ partition: 0, fetchOffset: 0 }, { partition: 1 }])
})

test('what a handler works on keeps nobody else from fetching', async () => {
  const script = scripted()
  const [p, q] = script.assigned
  p.busy = true
  script.fetcher.wake()
  ;(await script.request(0)).answer([
    { partitionIndex: 0, records: await recordBatch({ offset: 0, values: ['x'.repeat(12_000)] }) },
  ])
  const second = await script.request(1)
  expect(second.partitions).toMatchObject([{ partition: 1, fetchOffset: q.fetchOffset }])
})

test('when there is room again, partitions of all brokers are asked for', async () => {
  const script = scripted()
  const [p] = script.assigned
  script.leaders[1] = 2
  script.fetcher.wake()
  const [first, second] = [await script.request(0), await script.request(1)]
  first.answer([{ partitionIndex: 0, records: await recordBatch({ offset: 0, values: ['x'.repeat(12_000)] }) }])
  await eventually(() => expect(p.hasBatch).toBe(true))
  second.answer([{ partitionIndex: 1 }])
  await eventually(() => expect(script.assigned[1].fetching).toBe(false))
  p.dequeue()
  script.fetcher.roomFor(p)
  const brokers = [await script.request(2), await script.request(3)].map(({ broker }) => broker)
  expect(brokers.sort()).toEqual([1, 2])
})

test('the leader is asked again when the time with a replica nearby is over', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const script = scripted(1, 100)
  const [p] = script.assigned
  script.fetcher.wake()
  ;(await script.request(0)).answer([{ partitionIndex: 0, preferredReadReplica: 2 }])
  await vi.advanceTimersByTimeAsync(0)
  script.requests[1].fail(new ConnectionError('gone'))
  await vi.advanceTimersByTimeAsync(0)
  p.preferredReplicaUntil = 0
  await vi.advanceTimersByTimeAsync(200)
  expect(script.requests[2].broker).toBe(1)
})

test.each([
  [29, { name: 'AuthorizationError', resourceName: 't' }],
  [17, { name: 'BrokerError', code: 'INVALID_TOPIC_EXCEPTION' }],
])("a topic that metadata refuses with error %i is the user's problem, and is asked for again", async (code, error) => {
  const script = scripted(1)
  const [p] = script.assigned
  script.topic.errorCode = code
  script.leaders[0] = -1
  script.fetcher.wake()
  await eventually(() => expect(p.error).toMatchObject(error))
  expect(script.events.arrival).toHaveBeenCalled()
  p.error = null
  await eventually(() => expect(p.error).not.toBeNull())
  expect(script.invalidated()).toBeGreaterThan(1)
  expect(script.events.failure).not.toHaveBeenCalled()
})

test.each([-1, 3, 100])(
  'an answer that is an error as a whole (%i) makes metadata suspect, and is asked again',
  async (errorCode) => {
    const script = scripted(1)
    script.fetcher.wake()
    const first = await script.request(0)
    first.answer([], { errorCode, responses: [] })
    await script.request(1)
    expect(script.invalidated()).toBeGreaterThan(0)
    expect(script.events.failure).not.toHaveBeenCalled()
  },
)

test('an answer that is an error that no retry cures is shown', async () => {
  const script = scripted(1)
  script.fetcher.wake()
  const first = await script.request(0)
  first.answer([], { errorCode: 31, responses: [] })
  await eventually(() => expect(script.events.failure).toHaveBeenCalledOnce())
  expect(script.events.failure.mock.calls[0][0]).toMatchObject({ code: 'CLUSTER_AUTHORIZATION_FAILED', api: 'Fetch' })
})
