import { expect, onTestFinished, test, vi } from 'vitest'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { type AssignedPartition, Partitions } from '../../../src/consumer/partitions.ts'
import { PositionFinder, type PositionFinderOptions } from '../../../src/consumer/position-finder.ts'
import { TroubleLog } from '../../../src/consumer/trouble-log.ts'
import { ConnectionError } from '../../../src/errors.ts'
import { eventually } from '../eventually.ts'

interface ListOffsetsBody {
  topics: Array<{ name: string; partitions: Array<{ partitionIndex: number; timestamp: number }> }>
}

/** A cluster with one broker, where every log begins at 3 and ends at 9. */
function scripted(committed: PositionFinderOptions['committed']) {
  const topic = { errorCode: 0, partitions: [{}, {}] }
  const invalidate = vi.fn()
  const broker = {
    send: async (_api: unknown, { topics }: ListOffsetsBody) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          offset: timestamp === -2 ? 3 : 9,
          timestamp: -1,
          leaderEpoch: -1,
        })),
      })),
    }),
  }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const cluster = {
    options: { requestTimeoutMs: 1000, retryBackoffMs: 1, retryBackoffMaxMs: 2, logger },
    metadata: { topics: new Map([['t', topic]]) },
    leader: () => (topic.errorCode === 0 ? 1 : -1),
    control: { broker: () => broker },
    invalidate,
  }
  const partitions = new Partitions()
  const events = { found: vi.fn(), failure: vi.fn() }
  const options = { autoOffsetReset: 'latest' as const, isolationLevel: 'read_committed' as const, committed }
  const trouble = new TroubleLog(logger)
  const finder = new PositionFinder(cluster as unknown as Cluster, partitions, options, trouble, events)
  onTestFinished(() => finder.close())
  const add = (partition: number, source: NonNullable<AssignedPartition['source']>): AssignedPartition => {
    const added = partitions.add('t', partition)
    added.seekTo(source)
    return added
  }
  return { finder, add, invalidate, events, topic }
}

test('starts where the group committed, and by policy where it did not', async () => {
  const { finder, add } = scripted(async () => [
    { topic: 't', partition: 0, offset: 5 },
    { topic: 't', partition: 1, offset: -1 },
  ])
  const [p, q] = [add(0, { kind: 'committed' }), add(1, { kind: 'committed' })]
  finder.wake()
  await eventually(() => expect([p.position, q.position]).toEqual([5, 9]))
})

test('a coordinator that is away holds up nobody who asks the leaders', async () => {
  const { finder, add } = scripted(() => new Promise(() => {}))
  const p = add(0, { kind: 'committed' })
  finder.wake()
  const q = add(1, { kind: 'log', place: 'earliest' })
  finder.wake()
  await eventually(() => expect(q.position).toBe(3))
  expect(p.source).toEqual({ kind: 'committed' })
})

test('committed offsets that cannot be had yet are asked for again, with fresh metadata', async () => {
  let failures = 2
  const { finder, add, invalidate, events } = scripted(async () => {
    if (failures-- > 0) throw new ConnectionError('not yet')
    return [{ topic: 't', partition: 0, offset: 5 }]
  })
  const p = add(0, { kind: 'committed' })
  finder.wake()
  await eventually(() => expect(p.position).toBe(5))
  expect(invalidate).toHaveBeenCalledTimes(2)
  expect(events.failure).not.toHaveBeenCalled()
})

test("a topic that metadata refuses is the user's problem", async () => {
  const { finder, add, topic } = scripted(null)
  topic.errorCode = 29
  const p = add(0, { kind: 'committed' })
  finder.wake()
  await eventually(() => expect(p.error).toMatchObject({ name: 'AuthorizationError', resourceName: 't' }))
})
