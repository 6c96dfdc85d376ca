import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import {
  AbortError,
  BrokerError,
  ClosedError,
  ConnectionError,
  PartialFailureError,
  TimeoutError,
  UnsupportedVersionError,
} from '../../../src/errors.ts'
import { abortable } from '../../../src/retry.ts'
import { FakeCluster, type SentRequest } from './fake-cluster.ts'

const ID = 'abcdefghijklmnopqrstuv'
const UNKNOWN_TOPIC = errorCode('UNKNOWN_TOPIC_OR_PARTITION')

const partition = (partitionIndex: number) => ({
  errorCode: 0,
  partitionIndex,
  leaderId: 1,
  leaderEpoch: 7,
  replicaNodes: [1, 2],
  isrNodes: [1],
  offlineReplicas: [2],
})
const topic = (name: string, ...indexes: number[]) => ({
  name,
  topicId: ID,
  isInternal: false,
  errorCode: 0,
  partitions: indexes.map(partition),
})
const lacking = (): never => {
  throw new UnsupportedVersionError('too old')
}

describe('describeTopics', () => {
  test('puts pages together, and asks only for what is left', async () => {
    const pages = [
      { topics: [topic('a', 0), topic('b', 0, 1)], nextCursor: { topicName: 'b', partitionIndex: 2 } },
      { topics: [topic('b', 3, 2), topic('c', 0)], nextCursor: null },
    ]
    const asked: unknown[] = []
    const fake = new FakeCluster({
      DescribeTopicPartitions: ({ body }) => {
        asked.push(body)
        return pages[asked.length - 1]
      },
    })
    const described = await new Admin(fake.cluster).describeTopics(['c', 'b', 'a'])
    expect(Object.keys(described)).toEqual(['c', 'b', 'a'])
    expect(described.b.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
    expect(asked[1]).toEqual({ topics: [{ name: 'c' }, { name: 'b' }], cursor: { topicName: 'b', partitionIndex: 2 } })
    expect(described.a).toEqual({
      name: 'a',
      topicId: ID,
      isInternal: false,
      partitions: [{ partition: 0, leader: 1, leaderEpoch: 7, replicas: [1, 2], isr: [1], offlineReplicas: [2] }],
    })
  })

  test('falls back to Metadata, and creates nothing by asking', async () => {
    const fake = new FakeCluster({
      DescribeTopicPartitions: lacking,
      Metadata: () => ({ topics: [topic('a', 1, 0), { ...topic('b'), errorCode: UNKNOWN_TOPIC }] }),
    })
    const call = new Admin(fake.cluster).describeTopics(['a', 'b'])
    await expect(call).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'b' })
    const { results } = (await call.catch((error: unknown) => error)) as { results: Record<string, never> }
    expect(results.a).toMatchObject({ partitions: [{ partition: 0 }, { partition: 1 }] })
    expect(results.b).toBeInstanceOf(BrokerError)
    expect(fake.sentTo('Metadata')[0].body).toMatchObject({ allowAutoTopicCreation: false })
  })
})

test('listTopics leaves out internal topics unless asked for them, and sorts', async () => {
  const topics = [topic('b'), { ...topic('__consumer_offsets'), isInternal: true }, topic('a')]
  const admin = new Admin(new FakeCluster({ Metadata: () => ({ topics }) }).cluster)
  expect(await admin.listTopics()).toEqual(['a', 'b'])
  expect(await admin.listTopics({ listInternal: true })).toEqual(['__consumer_offsets', 'a', 'b'])
})

describe('describeCluster', () => {
  test('lists brokers by id', async () => {
    const broker = (brokerId: number) => ({ brokerId, host: `h${brokerId}`, port: 9092, rack: null, isFenced: false })
    const answer = { errorCode: 0, clusterId: 'c', controllerId: 2, brokers: [broker(2), broker(1)] }
    const { brokers } = await new Admin(new FakeCluster({ DescribeCluster: () => answer }).cluster).describeCluster()
    expect(brokers).toEqual([
      { id: 1, host: 'h1', port: 9092, rack: null },
      { id: 2, host: 'h2', port: 9092, rack: null },
    ])
  })

  test('falls back to Metadata for brokers before 2.8, with its retries, deadline and signal', async () => {
    const brokers = [2, 1].map((nodeId) => ({ nodeId, host: `h${nodeId}`, port: 1, rack: null }))
    const fake = new FakeCluster({
      DescribeCluster: lacking,
      Metadata: () => ({ clusterId: 'c', controllerId: 1, brokers, topics: [] }),
    })
    expect(await new Admin(fake.cluster).describeCluster()).toEqual({
      clusterId: 'c',
      controllerId: 1,
      brokers: [
        { id: 1, host: 'h1', port: 1, rack: null },
        { id: 2, host: 'h2', port: 1, rack: null },
      ],
    })
    const [{ body, signal }] = fake.sentTo('Metadata')
    expect(body).toMatchObject({ topics: [], allowAutoTopicCreation: false })
    expect(signal).toBeInstanceOf(AbortSignal)
  })

  test('a refusal is an error', async () => {
    const answer = { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), errorMessage: null }
    const admin = new Admin(new FakeCluster({ DescribeCluster: () => answer }).cluster)
    await expect(admin.describeCluster()).rejects.toMatchObject({ code: 'CLUSTER_AUTHORIZATION_FAILED' })
  })
})

describe('describeConfigs', () => {
  interface Asked {
    resourceType: number
    resourceName: string
  }
  const config = (name: string, value: string | null) => ({
    name,
    value,
    readOnly: false,
    configSource: 5,
    isSensitive: value === null,
    synonyms: [{ name, value, source: 4 }],
    configType: 5,
    documentation: null,
  })
  const answer = ({ body }: SentRequest) => ({
    results: (body.resources as Asked[]).toReversed().map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      errorCode: 0,
      errorMessage: null,
      configs: [config('__proto__', resourceName)],
    })),
  })

  test('asks brokers about themselves and any broker about the rest, and answers in the order asked', async () => {
    const fake = new FakeCluster({ DescribeConfigs: answer })
    const resources = [
      { type: 'broker', name: '1' },
      { type: 'topic', name: 'a' },
      { type: 'broker', name: '' },
      { type: 'broker-logger', name: '1' },
      { type: 'topic', name: 'b', configNames: ['x'] },
    ] as const
    const described = await new Admin(fake.cluster).describeConfigs(resources)
    expect(described.map(({ type, name }) => ({ type, name }))).toEqual(
      resources.map(({ type, name }) => ({ type, name })),
    )
    for (const { name, configs } of described) expect(Object.values(configs)).toMatchObject([{ value: name }])
    const routes = fake.sent.map(({ route, body }) => [route, (body.resources as Asked[]).length])
    expect(routes).toContainEqual([{ broker: 1 }, 2])
    expect(routes).toContainEqual(['any', 3])
  })

  test('names sources and types', async () => {
    const fake = new FakeCluster({ DescribeConfigs: answer })
    const [{ configs }] = await new Admin(fake.cluster).describeConfigs([{ type: 'topic', name: 'a' }])
    expect(Object.values(configs)).toEqual([
      {
        name: '__proto__',
        value: 'a',
        source: 'DEFAULT_CONFIG',
        isReadOnly: false,
        isSensitive: false,
        type: 'LONG',
        synonyms: [{ name: '__proto__', value: 'a', source: 'STATIC_BROKER_CONFIG' }],
        documentation: null,
      },
    ])
  })

  test('does not ask old brokers for explanations', async () => {
    const fake = new FakeCluster({ DescribeConfigs: answer }, 2)
    await new Admin(fake.cluster).describeConfigs([{ type: 'topic', name: 'a' }], { includeDocumentation: true })
    expect(fake.sent[0].body.includeDocumentation).toBe(false)
  })

  test('a broker that is not in the cluster fails alone and at once', async () => {
    const fake = new FakeCluster({ DescribeConfigs: answer })
    const call = new Admin(fake.cluster).describeConfigs([
      { type: 'broker', name: '9' },
      { type: 'topic', name: 'a' },
    ])
    await expect(call).rejects.toMatchObject({ code: 'BROKER_NOT_AVAILABLE' })
    const { results } = (await call.catch((error: unknown) => error)) as { results: unknown[] }
    expect(results[0]).toBeInstanceOf(ConnectionError)
    expect(results[1]).toMatchObject({ type: 'topic', name: 'a' })
    expect(fake.refreshes).toBe(1)
  })

  test('the refresh for an unknown broker id has the time and the signal of the call', async () => {
    const fake = new FakeCluster({ DescribeConfigs: answer })
    await new Admin(fake.cluster).describeConfigs([{ type: 'broker', name: '9' }], { timeoutMs: 700 }).catch(() => {})
    expect(fake.refreshOptions).toMatchObject([{ signal: expect.any(AbortSignal) }])
    expect((fake.refreshOptions[0] as { timeoutMs: number }).timeoutMs).toBeLessThanOrEqual(700)
  })

  const silence = ({ signal }: SentRequest) => abortable(new Promise(() => {}), signal)
  const mixed = [
    { type: 'broker', name: '1' },
    { type: 'topic', name: 'a' },
  ] as const

  test('an abort is no outcome of a broker, and neither is close()', async () => {
    const fake = new FakeCluster({ DescribeConfigs: silence })
    const controller = new AbortController()
    const aborted = new Admin(fake.cluster).describeConfigs(mixed, { signal: controller.signal })
    controller.abort()
    await expect(aborted).rejects.toBeInstanceOf(AbortError)
    const admin = new Admin(fake.cluster)
    const closed = admin.describeConfigs([{ type: 'broker', name: '1' }])
    await admin.close()
    await expect(closed).rejects.toBeInstanceOf(ClosedError)
  })

  test('when nobody answers in time it is a TimeoutError', async () => {
    const fake = new FakeCluster({
      DescribeConfigs: () => {
        throw new TimeoutError('late')
      },
    })
    await expect(new Admin(fake.cluster).describeConfigs(mixed)).rejects.toBeInstanceOf(TimeoutError)
  })

  test.each([
    ['the broker', 0, (route: unknown) => route !== 'any'],
    ['all brokers', 1, (route: unknown) => route === 'any'],
  ])('what was told is kept when what %s should tell is not', async (_, missing, fails) => {
    const fake = new FakeCluster({
      DescribeConfigs: (request) => {
        if (fails(request.route)) throw new TimeoutError('late')
        return answer(request)
      },
    })
    const error = await new Admin(fake.cluster).describeConfigs(mixed).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    const { results, code } = error as PartialFailureError<unknown[]>
    expect(code).toBe('TIMED_OUT')
    expect(results[missing]).toBeInstanceOf(TimeoutError)
    expect(results[1 - missing]).toMatchObject(mixed[1 - missing])
  })

  test.each<[unknown, RegExp]>([
    [{ type: 'topic', name: 'a' }, /resources must be an array/],
    [[{ type: 'user', name: 'a' }], /'type' must be one of 'topic', 'broker'/],
    [[{ type: 'topic' }], /'name' is required/],
    [[{ type: 'topic', name: '' }], /'name' must be a non-empty string/],
    [[{ type: 'broker', name: 'one' }], /'name' of a broker must be a broker's id, got 'one'/],
    // Under another name, a broker could be asked about twice.
    [[{ type: 'broker', name: '01' }], /'name' of a broker must be a broker's id, got '01'/],
    [[{ type: 'broker', name: '2147483648' }], /'name' of a broker must be a broker's id, got '2147483648'/],
    [[{ type: 'topic', name: 'a', configNames: 'x' }], /'configNames' must be an array of names/],
  ])('refuses %j', async (resources, message) => {
    await expect(new Admin(new FakeCluster({}).cluster).describeConfigs(resources as never)).rejects.toThrow(message)
  })
})
