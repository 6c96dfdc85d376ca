import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeTopicPartitions } from '../../../protocol/messages/describe-topic-partitions.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import {
  AbortError,
  AuthenticationError,
  ConnectionError,
  EncodeError,
  TimeoutError,
  UnsupportedVersionError,
} from '../../../src/errors.ts'
import { failure } from '../failure.ts'
import { type Script, type ScriptedBroker, versionsAnswer } from '../network/scripted-broker.ts'
import { addresses, clusterAt, REFUSING, scriptedBrokers } from './scripted-cluster.ts'

/** Time stands still but for what the test advances; the event loop goes on. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
}

afterEach(() => {
  vi.useRealTimers()
})

/** Lets everything that is due happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A broker that takes connections and never says anything. */
const SILENT: Script = { ApiVersions: () => null }
const ALL = { topics: [], allowAutoTopicCreation: false }

function refreshes(brokers: readonly ScriptedBroker[]): number {
  return brokers.reduce((sum, broker) => sum + broker.asked('Metadata').length, 0)
}

describe('a cluster that cannot be reached', () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

  /** A cluster that cannot be reached, and waits for long before it is tried again. */
  function unreachable() {
    const attempted = Promise.withResolvers<void>()
    const socketFactory = async () => {
      attempted.resolve()
      throw new Error('refused')
    }
    const pauses = { retryBackoffMs: 30_000, retryBackoffMaxMs: 30_000 }
    return { cluster: clusterAt([REFUSING], { socketFactory, ...pauses }), attempted: attempted.promise }
  }

  test('keeps the process alive no longer than somebody waits for it', async () => {
    const before = timers()
    const { cluster, attempted } = unreachable()
    const abort = new AbortController()
    const outcome = failure(cluster.topic('t', { signal: abort.signal }))
    await attempted
    await settle()
    expect(timers()).toBeGreaterThan(before)
    abort.abort()
    expect(await outcome).toBeInstanceOf(AbortError)
    expect(timers()).toBe(before)
  })

  test.each(['connect', 'refresh'] as const)('keeps the process alive while %s() waits for it', async (call) => {
    const before = timers()
    const { cluster, attempted } = unreachable()
    const outcome = failure(cluster[call]())
    await attempted
    await settle()
    expect(timers()).toBeGreaterThan(before)
    await cluster.close()
    await outcome
  })
})

test.each([200, 230, 260, 290, 320])(
  'a first contact of %i ms that fails names every address with its reason',
  async (ms) => {
    const ports = [1, 2, 3]
    const cluster = clusterAt(
      ports.map((port) => `127.0.0.1:${port}`),
      { defaultApiTimeoutMs: ms },
    )
    const errors = await Promise.all([
      failure(cluster.connect()),
      failure(cluster.topic('t')),
      failure(cluster.send(metadata, ALL, 'any')),
    ])
    for (const { message } of errors) {
      for (const port of ports) expect(message).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} \\(.*ECONNREFUSED`))
    }
  },
)

describe('a deadline', () => {
  test('ends the first contact with a broker that keeps silent, and names it', async () => {
    stopTime()
    const brokers = await scriptedBrokers(SILENT)
    const error = failure(clusterAt(addresses(brokers), { defaultApiTimeoutMs: 1000 }).connect())
    await brokers[0].request('ApiVersions')
    vi.advanceTimersByTime(1000)
    const { name, message } = await error
    expect(name).toBe('ConnectionError')
    expect(message).toContain(`127.0.0.1:${brokers[0].port} (no answer yet)`)
  })

  test('of a call ends it while the first contact, which has its own, goes on', async () => {
    stopTime()
    const brokers = await scriptedBrokers(SILENT)
    const cluster = clusterAt([REFUSING, ...addresses(brokers)], { defaultApiTimeoutMs: 6000 })
    const contact = failure(cluster.connect())
    const call = failure(cluster.send(metadata, ALL, 'any', { timeoutMs: 300 }))
    const refresh = failure(cluster.refresh({ timeoutMs: 300 }))
    const topic = failure(cluster.topic('rides', { timeoutMs: 300 }))
    await brokers[0].request('ApiVersions')
    vi.advanceTimersByTime(300)
    expect(await call).toBeInstanceOf(TimeoutError)
    expect((await call).message).toMatch(/within 300 ms.*127\.0\.0\.1:1 \(.*ECONNREFUSED.*\(no answer yet\)/)
    expect((await refresh).message).toContain('no answer yet')
    await settle()
    vi.advanceTimersByTime(1)
    expect(await topic).toMatchObject({ name: 'TimeoutError', topic: 'rides', cause: { code: 'BOOTSTRAP_FAILED' } })
    vi.advanceTimersByTime(5700)
    expect(await contact).toMatchObject({ code: 'BOOTSTRAP_FAILED' })
  })

  test('of each who waits for a coordinator is his own', async () => {
    stopTime()
    const brokers = await scriptedBrokers({ FindCoordinator: () => null })
    const cluster = clusterAt(addresses(brokers), { requestTimeoutMs: 60_000, defaultApiTimeoutMs: 30_000 })
    await cluster.connect()
    const patient = failure(cluster.coordinator('group', 'g'))
    const hasty = failure(cluster.coordinator('group', 'g', { timeoutMs: 200 }))
    await brokers[0].request('FindCoordinator')
    vi.advanceTimersByTime(200)
    expect((await hasty).message).toMatch("No coordinator of group 'g' within 200 ms")
    vi.advanceTimersByTime(29_800)
    expect((await patient).message).toMatch(/within 30000 ms.*no answer yet/)
  })

  test('of a look-up is not that of whoever began it', async () => {
    stopTime()
    let answer: (() => void) | undefined
    const brokers = await scriptedBrokers({
      FindCoordinator: (request) => {
        const coordinator = {
          key: 'g',
          nodeId: 1,
          host: '127.0.0.1',
          port: brokers[0].port,
          errorCode: 0,
          errorMessage: null,
        }
        answer = () => request.answer({ coordinators: [coordinator] })
        return null
      },
    })
    const cluster = clusterAt(addresses(brokers))
    await cluster.connect()
    const hasty = failure(cluster.coordinator('group', 'g', { timeoutMs: 200 }))
    const patient = cluster.coordinator('group', 'g')
    await brokers[0].request('FindCoordinator')
    vi.advanceTimersByTime(200)
    expect(await hasty).toBeInstanceOf(TimeoutError)
    answer?.()
    expect(await patient).toBe(1)
  })

  test('ends the wait for a connection', async () => {
    stopTime()
    const brokers = await scriptedBrokers({})
    const cluster = clusterAt(addresses(brokers))
    await cluster.connect()
    brokers[0].script.ApiVersions = () => null
    const error = failure(cluster.send(metadata, ALL, { broker: 1 }, { timeoutMs: 400 }))
    await brokers[0].request('ApiVersions', 2)
    vi.advanceTimersByTime(400)
    expect((await error).message).toMatch(/was not answered within 400 ms: No connection to 127\.0\.0\.1/)
  })
})

describe('the first contact', () => {
  test('is one, whoever needs it', async () => {
    const brokers = await scriptedBrokers({})
    const cluster = clusterAt(addresses(brokers))
    const refreshed = cluster.refresh()
    await Promise.all([
      cluster.connect(),
      cluster.connect(),
      cluster.coordinator('group', 'g', { timeoutMs: 1 }).catch(() => {}),
    ])
    await refreshed
    expect(brokers[0].asked('Metadata')).toHaveLength(1)
  })
})

describe('any broker', () => {
  const OLD: Script = { ApiVersions: () => versionsAnswer({ DescribeTopicPartitions: null }) }
  const PAGE = { topics: [{ name: 'a' }], cursor: null }

  test('that lacks the API has answered for all, though an address is dead', async () => {
    const brokers = await scriptedBrokers(OLD, OLD)
    const cluster = clusterAt([...addresses(brokers), REFUSING])
    await cluster.connect()
    const error = await failure(cluster.send(describeTopicPartitions, PAGE, 'any'))
    expect(error).toBeInstanceOf(UnsupportedVersionError)
  })

  test('is not blamed for a request that cannot be written', async () => {
    const brokers = await scriptedBrokers({}, {})
    const cluster = clusterAt(addresses(brokers))
    await cluster.connect()
    const long = { ...PAGE, topics: [{ name: 'x'.repeat(40_000) }] }
    expect(await failure(cluster.send(describeTopicPartitions, long, 'any'))).toBeInstanceOf(EncodeError)
  })

  test('that wants to be left alone sends the client on, at last to the bootstrap addresses (KIP-1102)', async () => {
    const brokers = await scriptedBrokers({}, {})
    const cluster = clusterAt(addresses(brokers).slice(0, 1))
    await cluster.connect()
    let refusals = 0
    const moved = { brokers: [{ nodeId: 7, host: '127.0.0.1', port: brokers[0].port }], controllerId: 7, topics: [] }
    brokers[0].script.Metadata = () => (refusals++ === 0 ? { brokers: [], topics: [], errorCode: 129 } : moved)
    brokers[1].script.Metadata = () => ({ brokers: [], topics: [], errorCode: 129 })
    const { brokers: known } = await cluster.refresh()
    expect([...known.keys()]).toEqual([7])
  })
})

describe('a refused login', () => {
  const refusing: Script = {
    SaslHandshake: () => ({ errorCode: 0, mechanisms: ['PLAIN'] }),
    SaslAuthenticate: () => ({ errorCode: 58, errorMessage: 'no', authBytes: Buffer.alloc(0) }),
  }
  const accepting = (): Script => ({
    ...refusing,
    SaslAuthenticate: () => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0) }),
  })
  const sasl = { mechanism: 'PLAIN', username: 'u', password: 'p' } as const
  const logins = (brokers: readonly ScriptedBroker[]): number => {
    return brokers.reduce((sum, broker) => sum + broker.asked('SaslAuthenticate').length, 0)
  }

  test('is tried at one address only', async () => {
    const brokers = await scriptedBrokers(refusing, refusing, refusing)
    expect(await failure(clusterAt(addresses(brokers), { sasl }).connect())).toBeInstanceOf(AuthenticationError)
    expect(logins(brokers)).toBe(1)
  })

  test('is not tried again in the background', async () => {
    stopTime()
    const brokers = await scriptedBrokers(accepting(), accepting())
    const errors: string[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) }
    const cluster = clusterAt(addresses(brokers), { sasl, logger })
    await cluster.connect()
    for (const { script, peers } of brokers) {
      script.SaslAuthenticate = refusing.SaslAuthenticate
      for (const peer of peers) peer.destroy()
    }
    const before = logins(brokers)
    cluster.invalidate()
    for (let i = 0; i < 200; i++) {
      vi.advanceTimersByTime(100)
      await settle()
    }
    expect(logins(brokers)).toBe(before + 1)
    expect(errors).toHaveLength(1)
  })
})

describe('an aborted call', () => {
  const TOPICS = { topics: [], timeoutMs: 1000 }

  async function connecting(): Promise<{ cluster: Cluster; broker: ScriptedBroker; go(): void }> {
    let go: () => void = () => {}
    const [broker] = await scriptedBrokers({ CreateTopics: () => ({ throttleTimeMs: 0, topics: [] }) })
    const cluster = clusterAt(addresses([broker]))
    await cluster.connect()
    broker.script.ApiVersions = (request) => {
      go = () => request.answer(versionsAnswer())
      return null
    }
    return { cluster, broker, go: () => go() }
  }

  test('is not sent when the connection that it waited for is there', async () => {
    const { cluster, broker, go } = await connecting()
    const controller = new AbortController()
    const call = failure(cluster.send(createTopics, TOPICS, 'controller', { signal: controller.signal }))
    await broker.request('ApiVersions', 2)
    controller.abort()
    expect(await call).toBeInstanceOf(AbortError)
    go()
    // It would have left before this one.
    await cluster.send(metadata, ALL, { broker: 1 })
    expect(broker.asked('CreateTopics')).toHaveLength(0)
  })

  test('is not sent either when its time was over before', async () => {
    stopTime()
    const { cluster, broker, go } = await connecting()
    const call = failure(cluster.send(createTopics, TOPICS, 'controller', { timeoutMs: 100 }))
    await broker.request('ApiVersions', 2)
    vi.advanceTimersByTime(100)
    expect(await call).toBeInstanceOf(TimeoutError)
    go()
    await cluster.send(metadata, ALL, { broker: 1 })
    expect(broker.asked('CreateTopics')).toHaveLength(0)
  })
})

test('a request that is tried once fails with the loss of its broker, which others get over', async () => {
  const [broker] = await scriptedBrokers({ CreateTopics: () => ({ throttleTimeMs: 0, topics: [] }) })
  const cluster = clusterAt(addresses([broker]))
  await cluster.connect()
  const body = { topics: [], timeoutMs: 1000 }
  broker.script.CreateTopics = ({ peer }) => {
    broker.script.CreateTopics = () => ({ throttleTimeMs: 0, topics: [] })
    peer.destroy()
    return null
  }
  const error = await failure(cluster.send(createTopics, body, { broker: 1 }, { once: true }))
  expect(error).toBeInstanceOf(ConnectionError)
  expect(broker.asked('CreateTopics')).toHaveLength(1)
  await cluster.send(createTopics, body, { broker: 1 }, { once: true })
  expect(broker.asked('CreateTopics')).toHaveLength(2)
})

test('what is under way to a broker that has moved is worth another try', async () => {
  const [old, other] = await scriptedBrokers({ CreateTopics: () => null }, {})
  const cluster = clusterAt(addresses([other]))
  await cluster.connect()
  const pool = cluster.pool()
  const before = pool.broker(1)!
  const call = failure(before.send(createTopics, { topics: [], timeoutMs: 1000 }))
  await old.request('CreateTopics')
  for (const { script } of [old, other]) {
    script.Metadata = () => ({ brokers: [{ nodeId: 1, host: '127.0.0.1', port: other.port }], topics: [] })
  }
  await cluster.refresh()
  expect(pool.broker(1)).not.toBe(before)
  const error = await call
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.retriable).toBe(true)
  expect(error.message).toMatch(`has moved to 127.0.0.1:${other.port}`)
  expect(await failure(before.connection())).toBe(error)
})

test('leader epochs of brokers before 2.4 are not taken over', async () => {
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 5, replicaNodes: [1], isrNodes: [1] }
  const [broker] = await scriptedBrokers({ ApiVersions: () => versionsAnswer({ Metadata: [0, 8] }) })
  broker.script.Metadata = () => ({
    brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
    topics: [{ errorCode: 0, name: 'a', partitions: [partition] }],
  })
  const cluster = clusterAt(addresses([broker]))
  expect((await cluster.topic('a')).partitions).toMatchObject([{ leader: 1, leaderEpoch: -1 }])
  expect(refreshes([broker])).toBe(1)
})
