import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  MetadataKeeper,
  type MetadataKeeperOptions,
  type MetadataRequest,
  type MetadataResponse,
} from '../../../src/cluster/metadata-keeper.ts'
import { AuthenticationError, ConnectionError } from '../../../src/errors.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

function answer(topics: Record<string, number>): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [{ nodeId: 1, host: 'b1', port: 9092, rack: null }],
    clusterId: 'c',
    controllerId: 1,
    clusterAuthorizedOperations: -2147483648,
    errorCode: 0,
    topics: Object.entries(topics).map(([name, errorCode]) => ({
      name,
      errorCode,
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      isInternal: false,
      topicAuthorizedOperations: -2147483648,
      partitions:
        errorCode === 0
          ? [
              {
                errorCode: 0,
                partitionIndex: 0,
                leaderId: 1,
                leaderEpoch: 0,
                replicaNodes: [1],
                isrNodes: [1],
                offlineReplicas: [],
              },
            ]
          : [],
    })),
  }
}

/** A keeper whose brokers answer by the given function, and what they were asked. */
function keeper(
  reply: (request: MetadataRequest, n: number) => MetadataResponse | Promise<MetadataResponse>,
  options = {},
) {
  const requests: MetadataRequest[] = []
  const resolved: MetadataKeeperOptions = {
    ask: async (body) => ({ version: 13, response: await reply(body, requests.push(body)) }),
    trouble: () => new ConnectionError('no answer yet'),
    metadataMaxAgeMs: 300_000,
    defaultApiTimeoutMs: 60_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1000,
    logger: quiet,
    ...options,
  }
  return {
    keeper: new MetadataKeeper(resolved),
    requests,
    names: () => requests.map(({ topics }) => topics?.map((t) => t.name)),
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('MetadataKeeper', () => {
  test('asks for the topics that somebody is interested in, and for no others', async () => {
    const { keeper: metadata, names } = keeper(() => answer({}))
    const untrack = metadata.track(() => ['a', 'b'])
    metadata.track(() => ['b', 'c'])
    await metadata.refresh()
    untrack()
    await metadata.refresh()
    expect(names()).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ])
  })

  test('asks for all topics when a pattern needs them', async () => {
    const { keeper: metadata, requests } = keeper(() => answer({}))
    metadata.track(() => 'all')
    await metadata.refresh()
    expect(requests[0].topics).toBeNull()
  })

  test('calls at the same time share one refresh that starts after them', async () => {
    let release: (response: MetadataResponse) => void = () => {}
    const { keeper: metadata, requests } = keeper((_, n) => {
      return n === 1 ? new Promise<MetadataResponse>((resolve) => (release = resolve)) : answer({})
    })
    const first = metadata.refresh()
    const later = [metadata.refresh(), metadata.refresh()]
    expect(requests.length).toBe(1)
    release(answer({}))
    await Promise.all([first, ...later])
    expect(requests.length).toBe(2)
  })

  test('a topic that nobody knows is an error after four answers over three seconds', async () => {
    const { keeper: metadata, requests } = keeper(() => answer({ rides: 3 }))
    const startedAt = performance.now()
    let failedAt = 0
    const failure = metadata.topic('rides').catch((error: unknown) => {
      failedAt = performance.now()
      return error
    })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await failure).toMatchObject({ name: 'BrokerError', code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'rides' })
    expect(requests.length).toBeGreaterThanOrEqual(4)
    expect(failedAt - startedAt).toBeGreaterThanOrEqual(3000)
    metadata.close()
  })

  test('a topic that appears meanwhile is no error', async () => {
    const { keeper: metadata } = keeper((_, n) => answer({ rides: n < 3 ? 3 : 0 }))
    const topic = metadata.topic('rides')
    await vi.advanceTimersByTimeAsync(2000)
    expect((await topic).partitions.length).toBe(1)
    metadata.close()
  })

  test('a topic without a leader yet is waited for until time is up', async () => {
    const { keeper: metadata } = keeper(() => answer({ rides: 5 }))
    const failure = metadata.topic('rides', { timeoutMs: 10_000 }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(11_000)
    expect(await failure).toMatchObject({
      name: 'TimeoutError',
      topic: 'rides',
      cause: { code: 'LEADER_NOT_AVAILABLE' },
    })
    metadata.close()
  })

  test.each([
    [17, 'BrokerError', 'INVALID_TOPIC_EXCEPTION'],
    [29, 'AuthorizationError', 'TOPIC_AUTHORIZATION_FAILED'],
  ])('error code %i is final at once', async (errorCode, name, code) => {
    const { keeper: metadata, requests } = keeper(() => answer({ rides: errorCode }))
    await expect(metadata.topic('rides')).rejects.toMatchObject({ name, code, topic: 'rides' })
    expect(requests.length).toBe(1)
    metadata.close()
  })

  test('asks for auto-creation only for the topics of those who want it', async () => {
    const { keeper: metadata, requests } = keeper(() => answer({ rides: 0, other: 3 }))
    metadata.track(() => ['other'])
    await metadata.topic('rides', { allowAutoTopicCreation: true })
    expect(
      requests.map(({ topics, allowAutoTopicCreation }) => [topics?.map((t) => t.name), allowAutoTopicCreation]),
    ).toEqual([
      [['rides'], true],
      [['other'], false],
    ])
    metadata.close()
  })

  test('invalidate refreshes once however often it is called, and goes on after a failure', async () => {
    const { keeper: metadata, requests } = keeper((_, n) => {
      if (n === 2) throw new ConnectionError('gone')
      return answer({ rides: 0 })
    })
    await metadata.refresh()
    for (let i = 0; i < 10; i++) metadata.invalidate()
    await vi.advanceTimersByTimeAsync(5000)
    expect(requests.length).toBe(3)
    metadata.close()
  })

  test('does not ask more than about once per longest backoff while nothing gets better', async () => {
    const { keeper: metadata, requests } = keeper(() => {
      throw new ConnectionError('gone')
    })
    metadata.invalidate()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBeLessThan(85)
    expect(requests.length).toBeGreaterThan(40)
    metadata.close()
  })

  test('refreshes at the maximum age', async () => {
    const { keeper: metadata, requests } = keeper(() => answer({}), { metadataMaxAgeMs: 30_000 })
    await metadata.refresh()
    await vi.advanceTimersByTimeAsync(31_000)
    expect(requests.length).toBe(2)
    metadata.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBe(2)
  })

  test('an aborted wait ends at once', async () => {
    const { keeper: metadata } = keeper(() => answer({ rides: 3 }))
    const controller = new AbortController()
    const failure = metadata.topic('rides', { signal: controller.signal }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(50)
    controller.abort(new Error('stop'))
    expect(await failure).toMatchObject({ name: 'AbortError', cause: { message: 'stop' } })
    metadata.close()
  })

  test('a refused login is reported once and not repeated until somebody asks', async () => {
    let refused = false
    const errors: string[] = []
    const logger = { ...quiet, error: (message: string) => errors.push(message) }
    const reply = (): MetadataResponse => {
      if (refused) throw new AuthenticationError('wrong password')
      return answer({})
    }
    const { keeper: metadata, requests } = keeper(reply, { logger })
    await metadata.refresh()
    refused = true
    metadata.invalidate()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBe(2)
    expect(errors).toHaveLength(1)
    await expect(metadata.refresh()).rejects.toThrow('wrong password')
    expect(requests.length).toBe(3)
    metadata.close()
  })

  test('a refused login is not repeated for those who came meanwhile', async () => {
    const { keeper: metadata, requests } = keeper(() => Promise.reject(new AuthenticationError('wrong password')))
    const calls = [metadata.refresh(), metadata.refresh(), metadata.contact()]
    for (const call of calls) await expect(call).rejects.toThrow('wrong password')
    expect(requests.length).toBe(1)
    metadata.close()
  })

  test('whoever only needs to have reached the cluster joins the refresh under way', async () => {
    const { keeper: metadata, requests } = keeper(() => answer({}))
    await Promise.all([metadata.refresh(), metadata.contact()])
    expect(requests.length).toBe(1)
    metadata.close()
  })

  test('a bootstrap that fails fails for all who came meanwhile: a second one would double their time', async () => {
    const { keeper: metadata, requests } = keeper(() => Promise.reject(new ConnectionError('nobody')))
    const calls = [metadata.refresh(), metadata.refresh()]
    for (const call of calls) await expect(call).rejects.toThrow('nobody')
    expect(requests.length).toBe(1)
    metadata.close()
  })

  test('asks ever more rarely though each answer names another controller, as with KRaft', async () => {
    const { keeper: metadata, requests } = keeper((_, n) => ({ ...answer({}), controllerId: n }))
    let notified = 0
    metadata.onChange(() => notified++)
    await metadata.refresh()
    for (let i = 0; i < 500; i++) {
      metadata.invalidate()
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(requests.length).toBeLessThan(12)
    expect(metadata.snapshot.controllerId).toBe(requests.length)
    expect(notified).toBe(1)
    metadata.close()
  })
})
