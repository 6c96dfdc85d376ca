import { expect, test, vi } from 'vitest'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { findPlaces } from '../../../src/consumer/list-offsets.ts'
import { brokerError } from '../../../src/errors.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const query = { topic: 't', partition: 0, place: 'latest' } as const

type Answer = { errorCode: number; offset: number }

/** A cluster of one broker, which leads the only partition of `t`. */
function scripted(answer: () => Promise<Answer>) {
  const send = vi.fn(async () => {
    const partition = { partitionIndex: 0, timestamp: -1, leaderEpoch: 4, ...(await answer()) }
    return { topics: [{ name: 't', partitions: [partition] }] }
  })
  const topic = vi.fn(async () => ({ partitions: [{}] }))
  const untrack = vi.fn()
  const cluster = {
    options: { defaultApiTimeoutMs: 60_000, requestTimeoutMs: 30_000, retryBackoffMs: 1, retryBackoffMaxMs: 2 },
    metadata: { topics: new Map() },
    control: { broker: () => ({ send }) },
    leader: () => 1,
    topic,
    refresh: async () => {},
    invalidate: () => {},
    track: () => untrack,
  }
  return { cluster: cluster as unknown as Cluster, send, topic, untrack }
}

test('asks again what a leader on the move refuses', async () => {
  const answers: Answer[] = [
    { errorCode: 6, offset: -1 },
    { errorCode: 0, offset: 42 },
  ]
  const { cluster, untrack } = scripted(async () => answers.shift()!)
  const found = await findPlaces(cluster, [query], 'read_committed')
  expect(found).toEqual([{ topic: 't', partition: 0, offset: 42, timestamp: -1, leaderEpoch: 4 }])
  expect(untrack).toHaveBeenCalledOnce()
})

test('ends in time though the broker does not answer, and leaves the request its own time', async () => {
  const { cluster, send, untrack } = scripted(() => new Promise(() => {}))
  const late = findPlaces(cluster, [query], 'read_committed', { timeoutMs: 20 })
  await expect(late).rejects.toMatchObject({
    name: 'TimeoutError',
    message: expect.stringContaining('t-0 within 20 ms'),
  })
  expect(send.mock.calls).toEqual([[expect.anything(), expect.anything()]])
  expect(untrack).toHaveBeenCalledOnce()
})

test('ends when it is aborted', async () => {
  const { cluster } = scripted(() => new Promise(() => {}))
  const abort = new AbortController()
  const aborted = findPlaces(cluster, [query], 'read_committed', { signal: abort.signal })
  abort.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
})

test('a topic that was deleted meanwhile is an error that says so', async () => {
  const { cluster, topic } = scripted(async () => ({ errorCode: UNKNOWN_TOPIC_OR_PARTITION, offset: -1 }))
  const deleted = brokerError(UNKNOWN_TOPIC_OR_PARTITION, "Topic 't'", { retriable: false })
  topic.mockResolvedValueOnce({ partitions: [{}] }).mockRejectedValueOnce(deleted)
  await expect(findPlaces(cluster, [query], 'read_committed')).rejects.toBe(deleted)
})
