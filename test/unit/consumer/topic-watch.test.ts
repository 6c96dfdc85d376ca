import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { readSubscription } from '../../../src/consumer/subscription.ts'
import { TopicWatch } from '../../../src/consumer/topic-watch.ts'
import { TroubleLog } from '../../../src/consumer/trouble-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function scripted(errorCode: number) {
  const topics = new Map([['t', { name: 't', isInternal: false, errorCode, partitions: [] }]])
  const refreshed = Promise.withResolvers<void>()
  const cluster = {
    metadata: { topics },
    refresh: () => refreshed.promise,
    invalidate: vi.fn(),
    track: () => () => {},
    onMetadata: () => () => {},
  }
  const host = {
    subscription: () => readSubscription('t', 'test'),
    alsoNeeded: () => [],
    changed: vi.fn(),
    refused: vi.fn(),
  }
  const trouble = new TroubleLog({ debug() {}, info() {}, warn() {}, error() {} })
  const watch = new TopicWatch(cluster as unknown as Cluster, trouble, false, host)
  return { watch, host, cluster, refreshed }
}

test('a missing topic is looked for until it is there, or nobody wants it any more', async () => {
  const { watch, host, cluster, refreshed } = scripted(3)
  refreshed.resolve()
  expect(await watch.subscribed()).toEqual(['t'])
  await vi.advanceTimersByTimeAsync(2000)
  expect(cluster.invalidate).toHaveBeenCalledTimes(3)
  expect(host.refused).not.toHaveBeenCalled()
  watch.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('nothing is looked for when it was closed while metadata was on its way', async () => {
  const { watch, refreshed } = scripted(3)
  const subscribed = watch.subscribed()
  watch.close()
  refreshed.resolve()
  await subscribed
  expect(vi.getTimerCount()).toBe(0)
})

test.each([
  [29, { name: 'AuthorizationError', resourceName: 't' }],
  [17, { name: 'BrokerError', code: 'INVALID_TOPIC_EXCEPTION', topic: 't' }],
])(
  "a topic that metadata refuses with error %i is the user's problem, not one that is missing",
  async (code, error) => {
    const { watch, host, refreshed } = scripted(code)
    refreshed.resolve()
    await watch.subscribed()
    expect(host.refused).toHaveBeenCalledWith(expect.objectContaining(error))
    watch.close()
  },
)
