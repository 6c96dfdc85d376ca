import { afterEach, describe, expect, test, vi } from 'vitest'
import { Admin } from '../../../src/admin/admin.ts'
import { AuthenticationError, ConnectionError } from '../../../src/errors.ts'
import { addresses, clusterAt, scriptedBrokers } from '../cluster/scripted-cluster.ts'
import { failure } from '../failure.ts'
import type { Script } from '../network/scripted-broker.ts'
import { FakeCluster } from './fake-cluster.ts'

const dirs = { errorCode: 0, results: [{ errorCode: 0, logDir: '/data', topics: [] }] }

function brokers(...ids: number[]) {
  return new Map(ids.map((id) => [id, { id, host: 'h', port: id, rack: null }]))
}

describe('while no broker can be reached', () => {
  /** Refreshes fail for a while, as when all brokers are restarted. */
  function restarting(): FakeCluster {
    const fake = new FakeCluster({
      ListGroups: () => ({ errorCode: 0, groups: [] }),
      DescribeLogDirs: () => dirs,
      DescribeConfigs: () => ({ results: [] }),
      ListOffsets: () => ({ topics: [] }),
    })
    fake.leaders = { a: [1] }
    fake.onRefresh = () => {
      if (fake.refreshes < 4) throw new ConnectionError('nobody there', { code: 'BOOTSTRAP_FAILED' })
    }
    return fake
  }

  test.each<[string, (admin: Admin) => Promise<unknown>]>([
    ['listGroups()', (admin) => admin.listGroups()],
    ['describeLogDirs()', (admin) => admin.describeLogDirs()],
  ])('%s waits for them', async (_, call) => {
    const fake = restarting()
    await call(new Admin(fake.cluster))
    expect(fake.refreshes).toBe(4)
  })

  test.each<[string, string, (admin: Admin) => Promise<unknown>]>([
    ['describeLogDirs() of a broker', 'BROKER_NOT_AVAILABLE', (admin) => admin.describeLogDirs([9])],
    ['describeConfigs() of a broker', 'BROKER_NOT_AVAILABLE', (admin) => admin.describeConfigs([nine])],
    ['listOffsets()', 'UNKNOWN_TOPIC_OR_PARTITION', (admin) => admin.listOffsets([beyond])],
  ])('%s that may be new waits for them', async (_, code, call) => {
    const fake = restarting()
    expect((await failure(call(new Admin(fake.cluster)))).code).toBe(code)
    expect(fake.refreshes).toBe(4)
  })

  test('the reason is told when time is up', async () => {
    const fake = restarting()
    fake.onRefresh = () => {
      throw new ConnectionError('nobody there', { code: 'BOOTSTRAP_FAILED' })
    }
    const admin = new Admin(fake.cluster)
    expect(await failure(admin.listGroups({ timeoutMs: 20 }))).toMatchObject({ code: 'BOOTSTRAP_FAILED' })
    expect(fake.refreshes).toBeGreaterThan(2)
    const error = await failure(admin.listOffsets([beyond], { timeoutMs: 20 }))
    expect(error.message).toMatch('Offset of a-5: no answer within 20 ms: nobody there')
  })

  test('a refusal is not repeated', async () => {
    const fake = restarting()
    fake.onRefresh = () => {
      throw new AuthenticationError('wrong password')
    }
    expect(await failure(new Admin(fake.cluster).listGroups())).toBeInstanceOf(AuthenticationError)
    expect(fake.refreshes).toBe(1)
  })
})

const nine = { type: 'broker', name: '9' } as const
const beyond = { topic: 'a', partition: 5, spec: 'latest' } as const

describe('a broker that dies', () => {
  test('and leaves the cluster is not waited for where all are asked, and the others are asked anew', async () => {
    const asked: number[] = []
    const fake = new FakeCluster({
      DescribeLogDirs: ({ route, once }) => {
        const { broker } = route as { broker: number }
        asked.push(broker)
        expect(once).toBe(true)
        if (broker === 2) throw new ConnectionError('lost')
        return dirs
      },
    })
    fake.metadata.brokers = brokers(1, 2, 3)
    fake.onRefresh = () => {
      if (fake.refreshes === 3) fake.metadata.brokers = brokers(1, 3)
    }
    const described = await new Admin(fake.cluster).describeLogDirs()
    expect(described.map(({ broker }) => broker)).toEqual([1, 3])
    expect(asked.toSorted()).toEqual([1, 1, 2, 2, 3, 3])
  })

  test('and is back before the others have answered is asked anew as well', async () => {
    const { promise: back, resolve } = Promise.withResolvers<void>()
    let isBack = false
    const fake = new FakeCluster({
      DescribeLogDirs: async ({ route }) => {
        if ((route as { broker: number }).broker === 1) await back
        else if (!isBack) throw new ConnectionError('lost')
        return dirs
      },
    })
    fake.metadata.brokers = brokers(1, 2)
    fake.onRefresh = () => {
      if (fake.refreshes !== 2) return
      fake.metadata.brokers = brokers(1)
      setImmediate(() => {
        fake.metadata.brokers = brokers(1, 2)
        isBack = true
        resolve()
      })
    }
    const described = await new Admin(fake.cluster).describeLogDirs()
    expect(described.map(({ broker }) => broker)).toEqual([1, 2])
  })

  test('but stays in the metadata has time to come back', async () => {
    let tries = 0
    const fake = new FakeCluster({
      DescribeLogDirs: ({ route }) => {
        if ((route as { broker: number }).broker === 2 && ++tries < 5) throw new ConnectionError('lost')
        return dirs
      },
    })
    fake.metadata.brokers = brokers(2, 1)
    const described = await new Admin(fake.cluster).describeLogDirs()
    expect(described.map(({ broker }) => broker)).toEqual([1, 2])
  })

  test.each<[string, (admin: Admin) => Promise<unknown>]>([
    ['describeLogDirs()', (admin) => admin.describeLogDirs([2])],
    ['describeConfigs()', (admin) => admin.describeConfigs([{ type: 'broker', name: '2' }])],
    [
      'incrementalAlterConfigs()',
      (admin) => admin.incrementalAlterConfigs([{ type: 'broker', name: '2', configs: { a: 1 } }]),
    ],
  ])('is BROKER_NOT_AVAILABLE to %s of it once it has left the cluster', async (_, call) => {
    let losses = 0
    const lost = ({ peer }: { peer: { destroy(): void } }) => {
      losses++
      peer.destroy()
      return null
    }
    const all = await scriptedBrokers(
      {},
      { DescribeLogDirs: lost, DescribeConfigs: lost, IncrementalAlterConfigs: lost },
    )
    for (const { script } of all) {
      script.Metadata = () => {
        // Dead for a while before the cluster takes notice.
        const members = losses < 3 ? all : all.slice(0, 1)
        return {
          brokers: members.map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port })),
          controllerId: 1,
          topics: [],
        }
      }
    }
    const pauses = { retryBackoffMs: 1, retryBackoffMaxMs: 2, reconnectBackoffMs: 1, reconnectBackoffMaxMs: 2 }
    const error = await failure(call(new Admin(clusterAt(addresses(all), pauses))))
    expect(error).toMatchObject({
      code: 'BROKER_NOT_AVAILABLE',
      message: expect.stringContaining('Broker 2 is not in the cluster; its brokers are 1'),
    })
    expect(losses).toBeGreaterThanOrEqual(3)
  })
})

describe('errors tell the time of the whole call, not what was left of it:', () => {
  /** Lets everything that is due happen, and then time pass. */
  async function pass(ms: number): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(ms)
  }

  afterEach(() => {
    vi.useRealTimers()
  })

  test.each<[string, Script, (admin: Admin) => Promise<unknown>, string]>([
    [
      'a request',
      { ListGroups: () => null },
      (admin) => admin.listGroups({ timeoutMs: 10_000 }),
      'did not answer ListGroups within 10000 ms',
    ],
    [
      'a topic',
      {},
      (admin) => admin.listOffsets([{ ...beyond, topic: 'odd' }], { timeoutMs: 10_000 }),
      "No metadata of topic 'odd' within 10000 ms",
    ],
    [
      'a coordinator',
      { FindCoordinator: () => null },
      (admin) => admin.describeConsumerGroups(['g'], { timeoutMs: 10_000 }),
      "No coordinator of group 'g' within 10000 ms",
    ],
  ])('%s', async (_, script, call, message) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    let contacts = 0
    // The first contact, or the first question, takes a part of the time.
    const [broker] = await scriptedBrokers(script)
    const { Metadata } = broker.script
    broker.script.Metadata = (request) => {
      if (contacts++ === 0) vi.advanceTimersByTime(700)
      return Metadata!(request)
    }
    const cluster = clusterAt(addresses([broker]))
    const error = failure(call(new Admin(cluster)))
    for (let i = 0; i < 100; i++) await pass(100)
    expect((await error).message).toMatch(message)
  })
})
