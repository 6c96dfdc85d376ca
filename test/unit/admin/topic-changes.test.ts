import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { PartialFailureError, TimeoutError, UnsupportedVersionError, UsageError } from '../../../src/errors.ts'
import { type Answerer, FakeCluster, type SentRequest } from './fake-cluster.ts'

interface Named {
  name: string
}

const created = ({ name }: Named, code = 0) => ({
  name,
  errorCode: code,
  errorMessage: null,
  topicId: 'id',
  numPartitions: 1,
  replicationFactor: 1,
})
const topicsOf = ({ body }: SentRequest): Named[] => body.topics as Named[]
const createAll: Answerer = (request) => ({ topics: topicsOf(request).map((topic) => created(topic)) })

/** Metadata of a broker that knows every topic it is asked for, with one partition. */
const known: Answerer = (request) => ({
  topics: topicsOf(request).map(({ name }) => ({ name, errorCode: 0, partitions: [{ leaderId: 1 }] })),
})

describe('createTopics', () => {
  test('asks the controller, and takes up what a quota put off', async () => {
    let calls = 0
    const fake = new FakeCluster({
      Metadata: known,
      CreateTopics: (request) => {
        const throttled = calls++ === 0 ? 'b' : ''
        const code = errorCode('THROTTLING_QUOTA_EXCEEDED')
        return { topics: topicsOf(request).map((topic) => created(topic, topic.name === throttled ? code : 0)) }
      },
    })
    const results = await new Admin(fake.cluster).createTopics([{ name: 'a' }, { name: 'b' }])
    expect(Object.keys(results)).toEqual(['a', 'b'])
    const requests = fake.sentTo('CreateTopics')
    expect(requests.map((request) => topicsOf(request).map(({ name }) => name))).toEqual([['a', 'b'], ['b']])
    expect(requests[0].route).toBe('controller')
  })

  test('a topic that the quota never lets through fails with its code when time is up', async () => {
    const code = errorCode('THROTTLING_QUOTA_EXCEEDED')
    const fake = new FakeCluster({
      CreateTopics: (request) => ({ topics: topicsOf(request).map((t) => created(t, code)) }),
    })
    const call = new Admin(fake.cluster).createTopics([{ name: 'a' }], { timeoutMs: 20 })
    await expect(call).rejects.toMatchObject({ code: 'THROTTLING_QUOTA_EXCEEDED', retriable: true })
  })

  test('what was created is told though the request for the rest fails', async () => {
    let calls = 0
    const code = errorCode('THROTTLING_QUOTA_EXCEEDED')
    const fake = new FakeCluster({
      CreateTopics: (request) => {
        if (calls++ > 0) throw new TimeoutError('late')
        return { topics: topicsOf(request).map((topic) => created(topic, topic.name === 'b' ? code : 0)) }
      },
    })
    const error = await new Admin(fake.cluster)
      .createTopics([{ name: 'a' }, { name: 'b' }])
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    const { results } = error as PartialFailureError<Record<string, unknown>>
    expect(results.a).toMatchObject({ numPartitions: 1 })
    expect(results.b).toBeInstanceOf(TimeoutError)
  })

  test('the controller has less time for its work than the client waits for the answer', async () => {
    const fake = new FakeCluster({ Metadata: known, CreateTopics: createAll })
    fake.options.requestTimeoutMs = 30_000
    const admin = new Admin(fake.cluster)
    await admin.createTopics([{ name: 'a' }], { timeoutMs: 60_000 })
    await admin.createTopics([{ name: 'a' }], { timeoutMs: 500 })
    const [long, short] = fake.sentTo('CreateTopics').map(({ body }) => body.timeoutMs as number)
    expect(long).toBe(29_000)
    expect(short).toBeGreaterThan(0)
    expect(short).toBeLessThan(500)
  })

  test('tells the cluster when the controller has moved, and only then', async () => {
    const fake = new FakeCluster({ Metadata: known, CreateTopics: createAll })
    await new Admin(fake.cluster).createTopics([{ name: 'a' }])
    const judge = fake.sentTo('CreateTopics')[0].errorCode as (answer: unknown) => number
    const moved = errorCode('NOT_CONTROLLER')
    expect(judge({ topics: [created({ name: 'a' }, moved)] })).toBe(moved)
    expect(judge({ topics: [created({ name: 'a' }, errorCode('TOPIC_ALREADY_EXISTS'))] })).toBe(0)
  })

  test('waits for the topics that were made although others were refused', async () => {
    let asked = 0
    const fake = new FakeCluster({
      CreateTopics: (request) => ({
        topics: topicsOf(request).map((topic) =>
          created(topic, topic.name === 'b' ? errorCode('TOPIC_ALREADY_EXISTS') : 0),
        ),
      }),
      Metadata: (request) => {
        const leaderId = asked++ === 0 ? -1 : 1
        return { topics: topicsOf(request).map(({ name }) => ({ name, errorCode: 0, partitions: [{ leaderId }] })) }
      },
    })
    const call = new Admin(fake.cluster).createTopics([{ name: 'a' }, { name: 'b' }])
    await expect(call).rejects.toMatchObject({ code: 'TOPIC_ALREADY_EXISTS' })
    expect(fake.sentTo('Metadata').map((request) => topicsOf(request))).toEqual([[{ name: 'a' }], [{ name: 'a' }]])
  })

  test('resolves when every broker knows the topics and their leaders', async () => {
    const leaders = [-1, -1, 1]
    const fake = new FakeCluster({
      CreateTopics: createAll,
      Metadata: (request) => {
        if ((request.route as { broker: number }).broker === 1) return known(request)
        const partitions = [{ leaderId: leaders.shift() ?? 1 }]
        return { topics: topicsOf(request).map(({ name }) => ({ name, errorCode: 0, partitions })) }
      },
    })
    fake.metadata.brokers.set(2, { id: 2, host: 'h', port: 2, rack: null })
    await new Admin(fake.cluster).createTopics([{ name: 'a' }])
    const asked = fake.sentTo('Metadata').map(({ route }) => (route as { broker: number }).broker)
    expect(asked.filter((broker) => broker === 1)).toHaveLength(1)
    expect(asked.filter((broker) => broker === 2)).toHaveLength(3)
    expect(fake.sentTo('Metadata')[0].body.allowAutoTopicCreation).toBe(false)
    expect(fake.refreshOptions).toMatchObject([{ timeoutMs: expect.any(Number), signal: expect.any(AbortSignal) }])
    expect((fake.refreshOptions[0] as { timeoutMs: number }).timeoutMs).toBeLessThanOrEqual(1000)
  })

  test('does not fail because a broker cannot be asked whether it knows the topics', async () => {
    const fake = new FakeCluster({
      CreateTopics: createAll,
      Metadata: () => {
        throw new Error('unreachable')
      },
    })
    await expect(new Admin(fake.cluster).createTopics([{ name: 'a' }])).resolves.toHaveProperty('a')
  })

  test('validateOnly waits for nothing', async () => {
    const fake = new FakeCluster({ CreateTopics: createAll })
    await new Admin(fake.cluster).createTopics([{ name: 'a' }], { validateOnly: true })
    expect(fake.sent.map(({ api }) => api)).toEqual(['CreateTopics'])
    expect(fake.sent[0].body.validateOnly).toBe(true)
  })

  test('a broker without defaults of its own gets no request for them', async () => {
    const fake = new FakeCluster({ Metadata: known, CreateTopics: createAll }, 3)
    const admin = new Admin(fake.cluster)
    const call = admin.createTopics([{ name: 'a', numPartitions: 2 }])
    await expect(call).rejects.toThrow(UnsupportedVersionError)
    await expect(call).rejects.toThrow(/Topic 'a' needs replicationFactor/)
    expect(fake.sent).toEqual([])
    await admin.createTopics([
      { name: 'a', numPartitions: 2, replicationFactor: 1 },
      { name: 'b', assignments: { 0: [1] } },
    ])
  })

  test('a topic that the answer leaves out has failed', async () => {
    const fake = new FakeCluster({ CreateTopics: () => ({ topics: [] }) })
    await expect(new Admin(fake.cluster).createTopics([{ name: 'a' }])).rejects.toThrow(PartialFailureError)
  })

  test.each<[unknown, RegExp]>([
    ['rides', /topics must be an array/],
    [[null], /topics\[0\]: options must be an object/],
    [[{}], /topics\[0\]: option 'name' is required/],
    [[{ name: '' }], /topics\[0\]: option 'name' must be a non-empty string/],
    [[{ name: 'a', partitions: 3 }], /unknown option 'partitions'; did you mean 'numPartitions'/],
    [[{ name: 'a', numPartitions: 0 }], /'numPartitions' must be from 1/],
    [[{ name: 'a', numPartitions: '3' }], /'numPartitions' must be an integer/],
    [[{ name: 'a', replicationFactor: 40_000 }], /'replicationFactor' must be from 1 to 32767/],
    [[{ name: 'a', configs: { x: {} } }], /'configs': 'x' must be a string/],
    [[{ name: 'a', configs: ['x'] }], /'configs' must be an object or a Map/],
    [[{ name: 'a', assignments: { 1: [1] } }], /'assignments' leaves out partition 0/],
    [[{ name: 'a', assignments: { 0: [] } }], /partition 0 must be a non-empty array of broker ids/],
    [[{ name: 'a', assignments: { zero: [1] } }], /a key of .*'assignments' must be an integer/],
    [[{ name: 'a', assignments: { '': [1] } }], /a key of .*'assignments' must be a non-empty string/],
    [[{ name: 'a', numPartitions: 1, assignments: { 0: [1] } }], /'assignments' takes the place/],
    [[{ name: 'a' }, { name: 'a' }], /names 'a' twice/],
  ])('refuses %j', async (topics, message) => {
    const fake = new FakeCluster({})
    const call = new Admin(fake.cluster).createTopics(topics as never)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(message)
    expect(fake.sent).toEqual([])
  })
})

describe('deleteTopics', () => {
  const unknown: Answerer = (request) => ({
    topics: topicsOf(request).map(({ name }) => ({
      name,
      errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'),
      partitions: [],
    })),
  })
  const deleted = (name: string) => ({ name, errorCode: 0, errorMessage: null })

  test('names topics as the version demands', async () => {
    const answers = { Metadata: unknown, DeleteTopics: () => ({ responses: [deleted('a')] }) }
    const [old, current] = [new FakeCluster(answers, 5), new FakeCluster(answers)]
    await new Admin(old.cluster).deleteTopics(['a'])
    await new Admin(current.cluster).deleteTopics(['a'])
    expect(old.sent[0].body).toMatchObject({ topicNames: ['a'] })
    expect(old.sent[0].body).not.toHaveProperty('topics')
    expect(current.sent[0].body).toMatchObject({ topics: [{ name: 'a' }] })
  })

  test.each<[unknown, RegExp]>([
    ['a', /names must be an array of names/],
    [['a', 5], /names\[1\] must be a non-empty string/],
    [['a', 'a'], /names 'a' twice/],
  ])('refuses %j', async (names, message) => {
    await expect(new Admin(new FakeCluster({}).cluster).deleteTopics(names as never)).rejects.toThrow(message)
  })
})

describe('createPartitions', () => {
  test('takes an object or a Map, and waits for the new count', async () => {
    let count = 1
    const fake = new FakeCluster({
      CreatePartitions: (request) => ({ results: topicsOf(request).map((topic) => created(topic)) }),
      Metadata: () => ({ topics: [{ name: 'a', errorCode: 0, partitions: Array(count++).fill({ leaderId: 1 }) }] }),
    })
    await new Admin(fake.cluster).createPartitions(new Map([['a', { totalCount: 3, assignments: [[1], [1]] }]]))
    expect(count).toBe(4)
    expect(fake.sent[0].body.topics).toEqual([
      { name: 'a', count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] },
    ])
  })

  test('waits until the new partitions have leaders', async () => {
    const leaders = [-1, -1, 2]
    const fake = new FakeCluster({
      CreatePartitions: (request) => ({ results: topicsOf(request).map((topic) => created(topic)) }),
      Metadata: () => {
        const partitions = [{ leaderId: 1 }, { leaderId: leaders.shift() }]
        return { topics: [{ name: 'a', errorCode: 0, partitions }] }
      },
    })
    await new Admin(fake.cluster).createPartitions({ a: { totalCount: 2 } })
    expect(leaders).toEqual([])
  })

  test.each<[unknown, RegExp]>([
    [[], /topics must be an object or a Map keyed by name/],
    [{ a: 6 }, /topic 'a': options must be an object/],
    [{ a: {} }, /topic 'a': option 'totalCount' is required/],
    [{ a: { totalCount: 0 } }, /'totalCount' must be from 1/],
    [{ a: { totalCount: 2, assignments: [1] } }, /'assignments'\[0\] must be a non-empty array of broker ids/],
    [new Map([[5, { totalCount: 2 }]]), /a key of .*topics must be a non-empty string/],
    [new Map([['', { totalCount: 2 }]]), /a key of .*topics must be a non-empty string, got ''/],
    [{ '': { totalCount: 2 } }, /a key of .*topics must be a non-empty string, got ''/],
  ])('refuses %j', async (topics, message) => {
    await expect(new Admin(new FakeCluster({}).cluster).createPartitions(topics as never)).rejects.toThrow(message)
  })
})

test('a change of no topic asks nobody', async () => {
  const fake = new FakeCluster({})
  const admin = new Admin(fake.cluster)
  expect(await admin.createTopics([])).toEqual({})
  await admin.deleteTopics([])
  await admin.createPartitions({})
  expect(fake.sent).toEqual([])
  expect(fake.refreshes).toBe(0)
})
