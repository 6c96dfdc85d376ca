import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import {
  AbortError,
  AuthenticationError,
  BrokerError,
  ConnectionError,
  type KafkaError,
  PartialFailureError,
  TimeoutError,
  UnsupportedVersionError,
  UsageError,
} from '../../../src/errors.ts'
import { abortable } from '../../../src/retry.ts'
import { eventually } from '../eventually.ts'
import { FakeCluster, type SentRequest } from './fake-cluster.ts'

interface AskedTopic {
  name: string
  partitions: Array<{ partitionIndex: number; timestamp?: number; offset?: number }>
}

const NOT_LEADER = errorCode('NOT_LEADER_OR_FOLLOWER')

/** What a request asks about, as `a-0 a-1`. */
function asked({ body }: SentRequest): string {
  const topics = body.topics as AskedTopic[]
  return topics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each.partitionIndex}`)).join(' ')
}

/** An answer that gives every partition its own number as its offset, or a code. */
function offsets(request: SentRequest, codes: Record<string, number> = {}): unknown {
  const topics = (request.body.topics as AskedTopic[]).toReversed().map(({ name, partitions }) => ({
    name,
    partitions: partitions.toReversed().map(({ partitionIndex }) => {
      const code = codes[`${name}-${partitionIndex}`] ?? 0
      return {
        partitionIndex,
        errorCode: code,
        offset: code === 0 ? partitionIndex : -1,
        timestamp: -1,
        leaderEpoch: 4,
      }
    }),
  }))
  return { topics }
}

function at(broker: number, requests: readonly SentRequest[]): string[] {
  return requests.filter(({ route }) => (route as { broker: number }).broker === broker).map(asked)
}

const latest = (topic: string, partition: number) => ({ topic, partition, spec: 'latest' }) as const

async function failure(call: Promise<unknown>): Promise<PartialFailureError<unknown[]>> {
  const error = await call.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PartialFailureError)
  return error as PartialFailureError<unknown[]>
}

describe('what only leaders know', () => {
  test('each leader is asked once, and the answers come in the order asked', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request) })
    fake.leaders = { a: [1, 2, 1], b: [2] }
    const queries = [latest('a', 2), latest('b', 0), latest('a', 0), latest('a', 1)]
    const listed = await new Admin(fake.cluster).listOffsets(queries)
    expect(listed).toEqual(
      queries.map(({ topic, partition }) => ({ topic, partition, offset: partition, timestamp: -1, leaderEpoch: 4 })),
    )
    expect(at(1, fake.sent)).toEqual(['a-2 a-0'])
    expect(at(2, fake.sent)).toEqual(['a-1 b-0'])
    expect(fake.refreshes).toBe(0)
    expect(fake.interests).toBe(0)
  })

  test('a leader that has moved is looked up, and only what it did not answer is asked again', async () => {
    const fake = new FakeCluster({
      ListOffsets: (request) => offsets(request, at(1, [request]).length > 0 ? { 'a-1': NOT_LEADER } : {}),
    })
    fake.leaders = { a: [1, 1] }
    fake.onRefresh = () => {
      expect(fake.interests).toBe(1)
      fake.leaders = { a: [1, 2] }
    }
    const listed = await new Admin(fake.cluster).listOffsets([latest('a', 0), latest('a', 1)])
    expect(listed.map(({ offset }) => offset)).toEqual([0, 1])
    expect(at(1, fake.sent)).toEqual(['a-0 a-1'])
    expect(at(2, fake.sent)).toEqual(['a-1'])
  })

  test('a leader that is lost is not waited for where another can be found', async () => {
    const fake = new FakeCluster({
      ListOffsets: (request) => {
        if (at(1, [request]).length > 0) throw new ConnectionError('lost')
        return offsets(request)
      },
    })
    fake.leaders = { a: [1] }
    fake.onRefresh = () => {
      fake.leaders = { a: [2] }
    }
    expect(await new Admin(fake.cluster).listOffsets([latest('a', 0)])).toMatchObject([{ offset: 0 }])
    expect(fake.sent.map(({ once }) => once)).toEqual([true, true])
  })

  test('a refresh that fails is one more reason to try again', async () => {
    let tries = 0
    const fake = new FakeCluster({
      ListOffsets: (request) => offsets(request, tries++ < 2 ? { 'a-0': NOT_LEADER } : {}),
    })
    fake.leaders = { a: [1] }
    fake.onRefresh = () => {
      throw new ConnectionError('nobody there')
    }
    expect(await new Admin(fake.cluster).listOffsets([latest('a', 0)])).toMatchObject([{ offset: 0 }])
    expect(tries).toBe(3)
  })

  test('a refusal of the client ends the call at once, as what it is', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request, { 'a-0': NOT_LEADER }) })
    fake.leaders = { a: [1] }
    fake.onRefresh = () => {
      throw new AuthenticationError('wrong password')
    }
    await expect(new Admin(fake.cluster).listOffsets([latest('a', 0)])).rejects.toBeInstanceOf(AuthenticationError)
  })

  test('the code that a leader keeps giving is the outcome when time is up', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request, { 'a-0': NOT_LEADER }) })
    fake.leaders = { a: [1, 1, -1] }
    const call = new Admin(fake.cluster).listOffsets(
      [0, 1, 2].map((n) => latest('a', n)),
      { timeoutMs: 20 },
    )
    const { results } = await failure(call)
    expect(results).toMatchObject([
      { code: 'NOT_LEADER_OR_FOLLOWER', topic: 'a', partition: 0 },
      { offset: 1 },
      { code: 'LEADER_NOT_AVAILABLE', topic: 'a', partition: 2 },
    ])
    expect(results[0]).toBeInstanceOf(BrokerError)
  })

  test('of a leader without an answer it is a TimeoutError, thrown itself where there is nothing else', async () => {
    const fake = new FakeCluster({
      ListOffsets: (request) => {
        if (at(1, [request]).length > 0) throw new ConnectionError('lost')
        return offsets(request)
      },
    })
    fake.leaders = { a: [1, 2] }
    const admin = new Admin(fake.cluster)
    await expect(admin.listOffsets([latest('a', 0)], { timeoutMs: 20 })).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'Offset of a-0: no answer within 20 ms: lost',
      topic: 'a',
      partition: 0,
      cause: expect.any(ConnectionError),
    })
    const { results } = await failure(admin.listOffsets([latest('a', 0), latest('a', 1)], { timeoutMs: 20 }))
    expect(results).toMatchObject([expect.any(TimeoutError), { offset: 1 }])
  })

  test('what an answer leaves out is asked again, and has failed when time is up', async () => {
    const fake = new FakeCluster({ ListOffsets: () => ({ topics: [] }) })
    fake.leaders = { a: [1] }
    const call = new Admin(fake.cluster).listOffsets([latest('a', 0)], { timeoutMs: 20 })
    await expect(call).rejects.toThrow(/the leader left it out/)
    expect(fake.sent.length).toBeGreaterThan(1)
  })

  test('what does not exist, and what no retry can cure, fails alone', async () => {
    const code = errorCode('TOPIC_AUTHORIZATION_FAILED')
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request, { 'secret-0': code }) })
    fake.leaders = { a: [1], secret: [1] }
    const queries = [latest('a', 3), latest('nope', 0), latest('secret', 0), latest('a', 0)]
    const error = await failure(new Admin(fake.cluster).listOffsets(queries))
    expect(error.results).toMatchObject([
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'a', partition: 3 },
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'nope' },
      { code: 'TOPIC_AUTHORIZATION_FAILED', topic: 'secret' },
      { topic: 'a', partition: 0, offset: 0 },
    ])
    expect(error.code).toBe('PARTIAL_FAILURE')
    expect(fake.sent).toHaveLength(1)
  })

  test('a partition that was added a moment ago is found', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request) })
    fake.leaders = { a: [1] }
    fake.onRefresh = () => {
      fake.leaders = { a: [1, 1] }
    }
    expect(await new Admin(fake.cluster).listOffsets([latest('a', 1)])).toMatchObject([{ offset: 1 }])
  })

  describe('nothing waits for what is slow or missing:', () => {
    /** Holds something up until the partition `a-0` has been answered. */
    function heldUp(answer: (request: SentRequest, release: () => void) => unknown) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const fake = new FakeCluster({ ListOffsets: (request) => answer(request, resolve) })
      fake.leaders = { a: [1, 2] }
      return { fake, answered: promise }
    }

    /** Answers about `a-0`, and lets go what is held up. */
    function answering(request: SentRequest, release: () => void): unknown {
      if (asked(request).includes('a-0')) release()
      return offsets(request)
    }

    test('a leader that keeps silent', async () => {
      let tries = 0
      const { fake, answered } = heldUp((request, release) => {
        if (at(2, [request]).length > 0) return answered.then(() => Promise.reject(new ConnectionError('lost')))
        if (++tries < 3) return offsets(request, { 'a-0': NOT_LEADER })
        return answering(request, release)
      })
      const call = new Admin(fake.cluster).listOffsets([latest('a', 0), latest('a', 1)], { timeoutMs: 100 })
      expect((await failure(call)).results).toMatchObject([{ offset: 0 }, { code: 'TIMED_OUT', partition: 1 }])
      expect(tries).toBe(3)
    })

    test('a topic that does not exist', async () => {
      const { fake, answered } = heldUp(answering)
      const topic = fake.topic.bind(fake)
      fake.topic = async (name) => {
        if (name === 'missing') await answered
        return topic(name)
      }
      const call = new Admin(fake.cluster).listOffsets([latest('missing', 0), latest('a', 0)])
      expect((await failure(call)).results).toMatchObject([{ code: 'UNKNOWN_TOPIC_OR_PARTITION' }, { offset: 0 }])
    })

    test('a partition that does not exist', async () => {
      const { fake, answered } = heldUp(answering)
      fake.refresh = async () => {
        await answered
        return fake.metadata
      }
      const call = new Admin(fake.cluster).listOffsets([latest('a', 2), latest('a', 0)])
      expect((await failure(call)).results).toMatchObject([{ code: 'UNKNOWN_TOPIC_OR_PARTITION' }, { offset: 0 }])
    })
  })

  test('topics that become known together are asked about together', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request) })
    fake.leaders = { a: [1], b: [1], c: [1] }
    const { promise: answer, resolve } = Promise.withResolvers<void>()
    const topic = fake.topic.bind(fake)
    fake.topic = async (name) => {
      if (name !== 'a') await answer
      return topic(name)
    }
    const call = new Admin(fake.cluster).listOffsets(['a', 'b', 'c'].map((name) => latest(name, 0)))
    await eventually(() => expect(fake.sent.map(asked)).toEqual(['a-0']))
    resolve()
    await call
    expect(fake.sent.map(asked)).toEqual(['a-0', 'b-0 c-0'])
  })

  test('an abort is no outcome of a partition', async () => {
    const fake = new FakeCluster({ ListOffsets: ({ signal }) => abortable(new Promise(() => {}), signal) })
    fake.leaders = { a: [1] }
    const controller = new AbortController()
    const call = new Admin(fake.cluster).listOffsets([latest('a', 0)], { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toBeInstanceOf(AbortError)
    expect(fake.interests).toBe(0)
  })
})

describe('listOffsets', () => {
  test('names places by the timestamps that Kafka gave them', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request) })
    const specs = [
      'latest',
      'earliest',
      'max-timestamp',
      'earliest-local',
      'latest-tiered',
      'earliest-pending-upload',
      { timestamp: 7 },
    ] as const
    fake.leaders = { a: specs.map(() => 1) }
    const queries = specs.map((spec, partition) => ({ topic: 'a', partition, spec }))
    await new Admin(fake.cluster).listOffsets(queries)
    await new Admin(fake.cluster).listOffsets(queries, { isolationLevel: 'read_committed' })
    const [{ partitions }] = fake.sent[0].body.topics as AskedTopic[]
    expect(partitions.map(({ timestamp }) => timestamp)).toEqual([-1, -2, -3, -4, -5, -6, 7])
    expect(fake.sent.map(({ body }) => [body.replicaId, body.isolationLevel])).toEqual([
      [-1, 0],
      [-1, 1],
    ])
  })

  test('an old leader is asked only what it knows', async () => {
    const fake = new FakeCluster({ ListOffsets: (request) => offsets(request) }, 6)
    fake.leaders = { a: [1, 1, 2] }
    const { results } = await failure(
      new Admin(fake.cluster).listOffsets([
        { topic: 'a', partition: 0, spec: 'max-timestamp' },
        latest('a', 1),
        { topic: 'a', partition: 2, spec: 'earliest-local' },
      ]),
    )
    expect(results).toMatchObject([
      expect.any(UnsupportedVersionError),
      { offset: 1 },
      { message: "Offset of a-2: its leader does not know 'earliest-local', which needs Kafka 3.5", partition: 2 },
    ])
    expect(fake.sent.map(asked)).toEqual(['a-1'])
  })

  test.each<[unknown, RegExp]>([
    ['a', /partitions must be an array of \{ topic, partition, spec \}, got 'a'/],
    [[{ topic: 'a', partition: 0 }], /partitions\[0\]: option 'spec' is required/],
    [[{ topic: '', partition: 0, spec: 'latest' }], /'topic' must be a non-empty string/],
    [[{ topic: 'a', partition: '0', spec: 'latest' }], /'partition' must be an integer, got '0'/],
    [[{ topic: 'a', partition: 0, spec: 'newest' }], /'spec' must be one of 'latest', .*\{ timestamp \}, got 'newest'/],
    [[{ topic: 'a', partition: 0, spec: -1 }], /'spec' must be one of .*got -1/],
    [[{ topic: 'a', partition: 0, spec: 'toString' }], /'spec' must be one of/],
    [[{ topic: 'a', partition: 0, spec: { timestamp: -1 } }], /timestamp must be from 0/],
    [[{ topic: 'a', partition: 0, spec: { timestamp: new Date(0) } }], /timestamp must be an integer, got a Date/],
    [[latest('a', 0), latest('a', 1), latest('a', 0)], /names partition 0 of topic 'a' twice/],
  ])('refuses %j', async (queries, message) => {
    const fake = new FakeCluster({})
    const call = new Admin(fake.cluster).listOffsets(queries as never)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(message)
    expect(fake.sent).toEqual([])
  })
})

describe('deleteRecords', () => {
  const deleted = (request: SentRequest, code = 0) => ({
    topics: (request.body.topics as AskedTopic[]).map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => ({
        partitionIndex,
        errorCode: code,
        lowWatermark: code === 0 ? offset : -1,
      })),
    })),
  })

  test('tells what each partition begins with, and overlooks what else came with the partitions', async () => {
    const fake = new FakeCluster({ DeleteRecords: (request) => deleted(request) })
    fake.leaders = { a: [1, 2] }
    const result = await new Admin(fake.cluster).deleteRecords([
      { topic: 'a', partition: 1, offset: 5, timestamp: 9, leaderEpoch: 3 } as never,
      { topic: 'a', partition: 0, offset: 2 ** 40 },
    ])
    expect(result).toEqual([
      { topic: 'a', partition: 1, lowWatermark: 5 },
      { topic: 'a', partition: 0, lowWatermark: 2 ** 40 },
    ])
    expect(fake.sent.map(({ body }) => body.timeoutMs as number).every((ms) => ms > 0 && ms < 500)).toBe(true)
  })

  test.each([
    ['OFFSET_OUT_OF_RANGE', /Records of a-0 before offset 5: OFFSET_OUT_OF_RANGE \(1\): the partition ends before it/],
    ['POLICY_VIOLATION', /the topic's cleanup\.policy does not have 'delete'/],
  ] as const)('says what %s means here', async (code, message) => {
    const fake = new FakeCluster({ DeleteRecords: (request) => deleted(request, errorCode(code)) })
    fake.leaders = { a: [1] }
    const { results } = await failure(new Admin(fake.cluster).deleteRecords([{ topic: 'a', partition: 0, offset: 5 }]))
    expect((results[0] as KafkaError).message).toMatch(message)
    expect((results[0] as KafkaError).code).toBe(code)
  })

  test.each<[unknown, RegExp]>([
    [[{ topic: 'a', partition: 0 }], /'offset' is required/],
    [[null], /partitions\[0\]: options must be an object, got null/],
  ])('refuses %o', async (partitions, message) => {
    await expect(new Admin(new FakeCluster({}).cluster).deleteRecords(partitions as never)).rejects.toThrow(message)
  })
})
