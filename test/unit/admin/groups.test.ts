import { describe, expect, test } from 'vitest'
import { type BrokerErrorName, errorCode } from '../../../protocol/errors.ts'
import { encodeAssignment } from '../../../protocol/messages/consumer-protocol.ts'
import { Admin } from '../../../src/admin/admin.ts'
import {
  AuthorizationError,
  ConnectionError,
  PartialFailureError,
  TimeoutError,
  UnsupportedVersionError,
  UsageError,
} from '../../../src/errors.ts'
import { type Answerer, FakeCluster, type SentRequest } from './fake-cluster.ts'

const NOTHING = Buffer.alloc(0)
const NOT_ASKED = -(2 ** 31)

async function failure(call: Promise<unknown>): Promise<PartialFailureError<Record<string, unknown>>> {
  const error = await call.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PartialFailureError)
  return error as PartialFailureError<Record<string, unknown>>
}

/** Group ids of a request, however its API calls them. */
function asked({ body }: SentRequest): string[] {
  return (body.groupIds ?? body.groupsNames ?? body.groups) as string[]
}

describe('listGroups', () => {
  const listed = (groupId: string, groupState = 'Stable', groupType = 'classic', protocolType = 'consumer') => {
    return { groupId, protocolType, groupState, groupType }
  }
  const ids = (groups: Array<{ groupId: string }>) => groups.map(({ groupId }) => groupId)

  function threeBrokers(answers: Record<string, Answerer>, version?: number): FakeCluster {
    const fake = new FakeCluster(answers, version)
    for (const id of [2, 3]) fake.metadata.brokers.set(id, { id, host: 'h', port: id, rack: null })
    return fake
  }

  test('gives the groups of all brokers, each once, sorted', async () => {
    const fake = threeBrokers({
      ListGroups: ({ route }) => ({
        errorCode: 0,
        groups: [listed('moving'), listed(`of-${(route as { broker: number }).broker}`, 'Empty', 'Consumer', '')],
      }),
    })
    const groups = await new Admin(fake.cluster).listGroups()
    expect(ids(groups)).toEqual(['moving', 'of-1', 'of-2', 'of-3'])
    expect(groups[1]).toEqual({ groupId: 'of-1', protocolType: '', type: 'consumer', state: 'Empty' })
  })

  test('has brokers choose by state and type, and chooses by protocol type itself', async () => {
    const fake = new FakeCluster({
      ListGroups: () => ({ errorCode: 0, groups: [listed('a'), listed('b', 'Stable', 'classic', 'connect')] }),
    })
    const filters = { states: ['Stable'], types: ['classic'], protocolTypes: ['connect'] } as const
    expect(ids(await new Admin(fake.cluster).listGroups(filters))).toEqual(['b'])
    expect(fake.sent[0].body).toEqual({ statesFilter: ['Stable'], typesFilter: ['classic'] })
  })

  test('chooses itself what brokers before Kafka 3.8 cannot', async () => {
    const groups = [listed('a', 'Stable', ''), listed('b', 'Empty', '')]
    const fake = new FakeCluster({ ListGroups: () => ({ errorCode: 0, groups }) }, 4)
    const admin = new Admin(fake.cluster)
    expect(await admin.listGroups({ types: ['consumer'] })).toEqual([])
    expect(ids(await admin.listGroups({ types: ['classic', 'share'] }))).toEqual(['a', 'b'])
    expect(fake.sent[0].body).toEqual({ statesFilter: [], typesFilter: [] })
  })

  test('asks brokers before Kafka 2.6 for the states of their groups', async () => {
    const answers: Record<string, Answerer> = {
      ListGroups: () => ({ errorCode: 0, groups: [listed('a', '', ''), listed('b', '', '')] }),
      DescribeGroups: () => ({
        groups: [
          { groupId: 'b', groupState: 'Empty' },
          { groupId: 'a', groupState: 'Stable' },
        ],
      }),
    }
    const fake = new FakeCluster(answers, 3)
    expect(await new Admin(fake.cluster).listGroups({ states: ['Empty'] })).toMatchObject([
      { groupId: 'b', state: 'Empty', type: 'classic' },
    ])
    expect(fake.sentTo('DescribeGroups')[0]).toMatchObject({ route: { broker: 1 }, body: { groups: ['a', 'b'] } })
  })

  test('kinds that come later are unknown', async () => {
    const fake = new FakeCluster({ ListGroups: () => ({ errorCode: 0, groups: [listed('a', 'Dreaming', 'dream')] }) })
    expect(await new Admin(fake.cluster).listGroups()).toMatchObject([{ state: 'Unknown', type: 'unknown' }])
  })

  test('what the others told is not lost with one broker', async () => {
    const fake = threeBrokers({
      ListGroups: ({ route }) => {
        const { broker } = route as { broker: number }
        if (broker === 2) throw new TimeoutError('late')
        return broker === 3
          ? { errorCode: errorCode('COORDINATOR_LOAD_IN_PROGRESS'), groups: [] }
          : { errorCode: 0, groups: [listed('a')] }
      },
    })
    const error = await failure(new Admin(fake.cluster).listGroups({ timeoutMs: 300 }))
    expect(error.message).toMatch(/^admin\.listGroups\(\): 2 of 3 failed/)
    expect(error.results).toMatchObject({
      groups: [{ groupId: 'a' }],
      failures: [
        { code: 'TIMED_OUT' },
        { code: 'COORDINATOR_LOAD_IN_PROGRESS', message: expect.stringContaining('Groups of broker 3') },
      ],
    })
    // Who has answered is not asked again.
    const counts = [1, 2, 3].map(
      (id) => fake.sent.filter(({ route }) => (route as { broker: number }).broker === id).length,
    )
    expect(counts[0]).toBe(1)
    expect(counts[1]).toBeGreaterThan(1)
  })

  test('what no time cures is told at once', async () => {
    const fake = threeBrokers({
      ListGroups: ({ route }) => {
        const isSecret = (route as { broker: number }).broker === 2
        return { errorCode: isSecret ? errorCode('CLUSTER_AUTHORIZATION_FAILED') : 0, groups: [] }
      },
    })
    const error = await failure(new Admin(fake.cluster).listGroups({ timeoutMs: 60_000 }))
    expect(error.results).toMatchObject({ groups: [], failures: [{ code: 'CLUSTER_AUTHORIZATION_FAILED' }] })
    expect(fake.sent).toHaveLength(3)
  })

  test('the groups of a broker that leaves the cluster meanwhile are found at the others', async () => {
    const fake = threeBrokers({
      ListGroups: ({ route }) => {
        const { broker } = route as { broker: number }
        if (broker === 2) throw new ConnectionError('gone', { code: 'CONNECTION_FAILED', retriable: true })
        const isMoved = !fake.metadata.brokers.has(2)
        return { errorCode: 0, groups: [listed(`of-${broker}`), ...(isMoved && broker === 1 ? [listed('of-2')] : [])] }
      },
    })
    fake.onRefresh = () => {
      if (fake.refreshes === 3) fake.metadata.brokers.delete(2)
    }
    expect(ids(await new Admin(fake.cluster).listGroups())).toEqual(['of-1', 'of-2', 'of-3'])
  })

  test('where no broker can be asked, the failure of each is told', async () => {
    const fake = threeBrokers({
      ListGroups: () => {
        throw new TimeoutError('late')
      },
    })
    const error = await failure(new Admin(fake.cluster).listGroups({ timeoutMs: 20 }))
    expect(error).toMatchObject({ code: 'TIMED_OUT', retriable: true })
    const failures = [1, 2, 3].map((id) => ({ message: `Broker ${id}: no answer within 20 ms: late` }))
    expect(error.results).toMatchObject({ groups: [], failures })
  })

  test('what holds for the whole call is told once', async () => {
    const fake = threeBrokers({
      ListGroups: () => {
        throw new UnsupportedVersionError('old')
      },
    })
    await expect(new Admin(fake.cluster).listGroups()).rejects.toThrow(/^old$/)
  })
})

describe('describeConsumerGroups', () => {
  const described = (groupId: string, rest = {}) => ({
    errorCode: 0,
    errorMessage: null,
    groupId,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [],
    authorizedOperations: NOT_ASKED,
    ...rest,
  })
  const member = (memberId: string, memberAssignment: Buffer) => {
    return {
      memberId,
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/h',
      memberMetadata: NOTHING,
      memberAssignment,
    }
  }
  const refusing =
    (name: BrokerErrorName): Answerer =>
    (request) => ({ groups: asked(request).map((groupId) => ({ groupId, errorCode: errorCode(name), members: [] })) })
  const withoutApi: Answerer = () => {
    throw new UnsupportedVersionError('old')
  }

  function classic(rest: object): FakeCluster {
    return new FakeCluster({
      ConsumerGroupDescribe: refusing('GROUP_ID_NOT_FOUND'),
      DescribeGroups: (request) => ({ groups: asked(request).map((groupId) => described(groupId, rest)) }),
    })
  }

  test('knows a group of the new protocol', async () => {
    const part = (partition: number) => ({
      topicPartitions: [{ topicId: 'id', topicName: 't', partitions: [partition] }],
    })
    const one = {
      memberId: 'm',
      instanceId: 'i',
      rackId: 'r',
      memberEpoch: 5,
      clientId: 'c',
      clientHost: '/h',
      assignment: part(0),
      targetAssignment: part(1),
      memberType: 1,
    }
    const fake = new FakeCluster({
      ConsumerGroupDescribe: () => ({
        groups: [
          {
            errorCode: 0,
            groupId: 'g',
            groupState: 'Reconciling',
            groupEpoch: 7,
            assignmentEpoch: 6,
            assignorName: 'uniform',
            members: [one, { ...one, memberType: 0 }, { ...one, memberType: -1 }],
            authorizedOperations: (1 << 3) | (1 << 8),
          },
        ],
      }),
    })
    const { g } = await new Admin(fake.cluster).describeConsumerGroups(['g'], { includeAuthorizedOperations: true })
    expect(g).toMatchObject({
      isSimpleConsumerGroup: false,
      type: 'consumer',
      state: 'Reconciling',
      coordinator: { id: 1, host: 'h', port: 1, rack: null },
      partitionAssignor: 'uniform',
      groupEpoch: 7,
      targetAssignmentEpoch: 6,
      authorizedOperations: ['READ', 'DESCRIBE'],
    })
    expect(g.members[0]).toEqual({
      memberId: 'm',
      groupInstanceId: 'i',
      clientId: 'c',
      host: '/h',
      rackId: 'r',
      assignment: [{ topic: 't', partition: 0 }],
      targetAssignment: [{ topic: 't', partition: 1 }],
      memberEpoch: 5,
      upgraded: true,
    })
    expect(g.members.map(({ upgraded }) => upgraded)).toEqual([true, false, null])
    expect(fake.sent.map(({ api, route }) => [api, route])).toEqual([['ConsumerGroupDescribe', { group: 'g' }]])
    expect(fake.sent[0].body).toMatchObject({ includeAuthorizedOperations: true })
  })

  test.each([
    ['is too old', withoutApi],
    ['has the new protocol switched off', refusing('UNSUPPORTED_VERSION')],
    ['has no such group of the new protocol', refusing('GROUP_ID_NOT_FOUND')],
  ])('takes the group for a classic one if the broker %s', async (_, ConsumerGroupDescribe) => {
    const assignment = encodeAssignment(0, { assignedPartitions: [{ topic: 't', partitions: [2, 1] }] })
    const fake = new FakeCluster({
      ConsumerGroupDescribe,
      DescribeGroups: (request) => ({
        groups: asked(request).map((groupId) => described(groupId, { members: [member('m', assignment)] })),
      }),
    })
    const { g } = await new Admin(fake.cluster).describeConsumerGroups(['g'])
    expect(g).toMatchObject({
      type: 'classic',
      isSimpleConsumerGroup: false,
      partitionAssignor: 'range',
      groupEpoch: null,
      authorizedOperations: null,
    })
    expect(g.members).toMatchObject([
      {
        memberId: 'm',
        assignment: [
          { topic: 't', partition: 2 },
          { topic: 't', partition: 1 },
        ],
        targetAssignment: null,
        upgraded: null,
      },
    ])
    expect(fake.warnings).toEqual([])
  })

  test('a description is good though nobody can say by now who has the group', async () => {
    const fake = classic({})
    fake.coordinator = () => Promise.reject(new TimeoutError('late'))
    const { g } = await new Admin(fake.cluster).describeConsumerGroups(['g'])
    expect(g).toMatchObject({ groupId: 'g', coordinator: { id: -1, host: '', port: -1, rack: null } })
  })

  test('asks old brokers for no authorized operations', async () => {
    const DescribeGroups: Answerer = () => ({ groups: [described('g')] })
    const fake = new FakeCluster({ ConsumerGroupDescribe: withoutApi, DescribeGroups }, 2)
    await new Admin(fake.cluster).describeConsumerGroups(['g'], { includeAuthorizedOperations: true })
    expect(fake.sentTo('DescribeGroups')[0].body).toEqual({ groups: ['g'], includeAuthorizedOperations: false })
  })

  test('an assignment that nobody can read hides nothing else', async () => {
    const members = [member('m', Buffer.from([0, 0, 0x7f, 0xff])), member('joining', NOTHING)]
    const fake = classic({ members })
    const { g } = await new Admin(fake.cluster).describeConsumerGroups(['g'])
    expect(g.members).toMatchObject([
      { memberId: 'm', assignment: [] },
      { memberId: 'joining', assignment: [] },
    ])
    expect(fake.warnings).toEqual(["The assignment of member m of group 'g' cannot be read"])
  })

  test('a group that only had offsets committed is a simple one', async () => {
    const { cluster } = classic({ protocolType: '', groupState: 'Empty', protocolData: '' })
    expect((await new Admin(cluster).describeConsumerGroups(['g'])).g).toMatchObject({ isSimpleConsumerGroup: true })
  })

  test.each([
    [
      'as an error',
      { errorCode: errorCode('GROUP_ID_NOT_FOUND'), groupState: 'Dead' },
      /there is no such consumer group/,
    ],
    ['as a dead group, by brokers before 4.0', { groupState: 'Dead', protocolType: '' }, /there is no such/],
    [
      'as one of Connect',
      { protocolType: 'connect' },
      /it is not a group of consumers; its protocol type is 'connect'/,
    ],
  ])('one that is no group of consumers is told of %s', async (_, rest, message) => {
    const error = await failure(new Admin(classic(rest).cluster).describeConsumerGroups(['g']))
    expect(error.code).toBe('GROUP_ID_NOT_FOUND')
    expect(error.message).toMatch(message)
  })

  test('each group has its own outcome, in the order asked', async () => {
    const fake = new FakeCluster({
      ConsumerGroupDescribe: async (request) => {
        const [groupId] = asked(request)
        if (groupId === 'lost') throw new TimeoutError('late')
        if (groupId === 'secret') return refusing('GROUP_AUTHORIZATION_FAILED')(request)
        await new Promise((resolve) => setImmediate(resolve))
        return refusing('GROUP_ID_NOT_FOUND')(request)
      },
      DescribeGroups: () => ({ groups: [described('fine')] }),
    })
    const error = await failure(new Admin(fake.cluster).describeConsumerGroups(['fine', 'lost', 'secret']))
    expect(Object.keys(error.results)).toEqual(['fine', 'lost', 'secret'])
    expect(error.results).toMatchObject({
      fine: { groupId: 'fine' },
      lost: { code: 'TIMED_OUT' },
      secret: { code: 'GROUP_AUTHORIZATION_FAILED', resourceType: 'group', resourceName: 'secret' },
    })
    expect(error.message).toContain('2 of 3 failed')
  })
})

describe('deleteConsumerGroups', () => {
  test('tells the outcome of each group', async () => {
    const codes: Record<string, number> = { gone: 0, busy: errorCode('NON_EMPTY_GROUP') }
    const fake = new FakeCluster({
      DeleteGroups: (request) => ({
        results: asked(request)
          .filter((groupId) => groupId in codes)
          .map((groupId) => ({ groupId, errorCode: codes[groupId], errorMessage: null })),
      }),
    })
    const error = await failure(new Admin(fake.cluster).deleteConsumerGroups(['busy', 'gone', 'forgotten']))
    expect(error.results).toMatchObject({
      busy: { code: 'NON_EMPTY_GROUP', message: "Group 'busy': NON_EMPTY_GROUP (68): it still has members" },
      gone: null,
      forgotten: { code: 'UNKNOWN_SERVER_ERROR' },
    })
    expect(fake.sent.map(({ route }) => route)).toEqual([{ group: 'busy' }, { group: 'gone' }, { group: 'forgotten' }])
  })
})

describe('listConsumerGroupOffsets', () => {
  const offset = (partitionIndex: number, committedOffset: number, code = 0) => {
    return { partitionIndex, committedOffset, committedLeaderEpoch: 3, metadata: '', errorCode: code }
  }
  const answer = (...topics: unknown[]): Answerer => {
    return () => ({ errorCode: 0, topics: [], groups: [{ groupId: 'g', errorCode: 0, topics }] })
  }
  const unsorted = answer(
    { name: 'b', partitions: [offset(0, 1)] },
    { name: 'a', partitions: [offset(10, 2), offset(9, 3)] },
  )

  test('gives all of one group, sorted, by name', async () => {
    const fake = new FakeCluster({ OffsetFetch: unsorted })
    expect(await new Admin(fake.cluster).listConsumerGroupOffsets('g')).toEqual([
      { topic: 'a', partition: 9, offset: 3, metadata: '', leaderEpoch: 3 },
      { topic: 'a', partition: 10, offset: 2, metadata: '', leaderEpoch: 3 },
      { topic: 'b', partition: 0, offset: 1, metadata: '', leaderEpoch: 3 },
    ])
    expect(fake.sent[0].body).toEqual({ groups: [{ groupId: 'g', topics: null }], requireStable: false })
  })

  test('gives some partitions of several groups, in the order asked', async () => {
    const fake = new FakeCluster({ OffsetFetch: unsorted })
    const groups = new Map([
      [
        'g',
        [
          { topic: 'b', partition: 0 },
          { topic: 'a', partition: 9 },
        ],
      ],
      ['none', []],
    ])
    const { g, none } = await new Admin(fake.cluster).listConsumerGroupOffsets(groups)
    expect(g.map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(['b-0', 'a-9'])
    expect(none).toEqual([])
    expect(fake.sent).toHaveLength(1)
  })

  test('asks old brokers in their words', async () => {
    const fake = new FakeCluster(
      { OffsetFetch: () => ({ errorCode: 0, topics: [{ name: 'a', partitions: [offset(0, 5)] }], groups: [] }) },
      6,
    )
    const admin = new Admin(fake.cluster)
    expect(await admin.listConsumerGroupOffsets('g')).toMatchObject([{ topic: 'a', offset: 5 }])
    expect(fake.sent[0].body).toEqual({ groupId: 'g', topics: null, requireStable: false })
    const stable = admin.listConsumerGroupOffsets('g', { requireStable: true })
    await expect(stable).rejects.toThrow(/Brokers before Kafka 2.5 do not know requireStable/)
  })

  test('waits for what a transaction is about to replace', async () => {
    const unstable = errorCode('UNSTABLE_OFFSET_COMMIT')
    let calls = 0
    const fake = new FakeCluster({
      OffsetFetch: (request) =>
        answer({ name: 'a', partitions: [offset(0, 5, calls++ === 0 ? unstable : 0)] })(request),
    })
    const admin = new Admin(fake.cluster)
    expect(await admin.listConsumerGroupOffsets('g', { requireStable: true })).toMatchObject([{ offset: 5 }])
    expect(calls).toBe(2)
    const never = new FakeCluster({ OffsetFetch: answer({ name: 'a', partitions: [offset(0, -1, unstable)] }) })
    const late = await failure(new Admin(never.cluster).listConsumerGroupOffsets('g', { timeoutMs: 20 }))
    expect(late).toMatchObject({ code: 'UNSTABLE_OFFSET_COMMIT', retriable: true })
  })

  test('partitions fail alone, a group as a whole', async () => {
    const forbidden = errorCode('TOPIC_AUTHORIZATION_FAILED')
    const fake = new FakeCluster({
      OffsetFetch: answer({ name: 'a', partitions: [offset(0, 5), offset(1, -1, forbidden)] }),
    })
    const asked = [0, 1, 2].map((partition) => ({ topic: 'a', partition }))
    const error = await failure(new Admin(fake.cluster).listConsumerGroupOffsets({ g: asked }))
    const { g } = error.results as { g: PartialFailureError<unknown[]> }
    expect(g.results).toMatchObject([
      { offset: 5 },
      { code: 'TOPIC_AUTHORIZATION_FAILED', topic: 'a', partition: 1, resourceName: 'a' },
      { code: 'UNKNOWN_SERVER_ERROR', partition: 2 },
    ])
    const groupCode = errorCode('GROUP_AUTHORIZATION_FAILED')
    const secret = new FakeCluster({
      OffsetFetch: () => ({ groups: [{ groupId: 'g', errorCode: groupCode, topics: [] }], topics: [], errorCode: 0 }),
    })
    const call = new Admin(secret.cluster).listConsumerGroupOffsets('g')
    await expect(call).rejects.toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED', resourceName: 'g' })
  })
})

describe('alterConsumerGroupOffsets', () => {
  const offsets = [
    { topic: 'a', partition: 1, offset: 5, metadata: 'note', leaderEpoch: 2 },
    { topic: 'b', partition: 0, offset: 0, metadata: null },
    { topic: 'a', partition: 0, offset: 7, timestamp: 5 },
  ]
  const answering = (...codes: BrokerErrorName[]) => {
    const code = (name?: BrokerErrorName) => (name === undefined ? 0 : errorCode(name))
    return {
      topics: [
        { name: 'b', partitions: [{ partitionIndex: 0, errorCode: code(codes[1]) }] },
        {
          name: 'a',
          partitions: [
            { partitionIndex: 0, errorCode: code(codes[2]) },
            { partitionIndex: 1, errorCode: code(codes[0]) },
          ],
        },
      ],
    }
  }

  test('commits for nobody in particular, by name', async () => {
    const fake = new FakeCluster({ OffsetCommit: () => answering() })
    await new Admin(fake.cluster).alterConsumerGroupOffsets('g', offsets)
    const partition = (partitionIndex: number, committedOffset: number, committedMetadata = '', epoch = -1) => {
      return { partitionIndex, committedOffset, committedMetadata, committedLeaderEpoch: epoch }
    }
    expect(fake.sent[0]).toMatchObject({ route: { group: 'g' } })
    expect(fake.sent[0].body).toEqual({
      groupId: 'g',
      memberId: '',
      topics: [
        { name: 'a', partitions: [partition(1, 5, 'note', 2), partition(0, 7)] },
        { name: 'b', partitions: [partition(0, 0)] },
      ],
    })
  })

  test('tells the outcome of each partition, and says what to do about members', async () => {
    const fake = new FakeCluster({ OffsetCommit: () => answering('UNKNOWN_MEMBER_ID', 'UNKNOWN_TOPIC_OR_PARTITION') })
    const error = await failure(new Admin(fake.cluster).alterConsumerGroupOffsets('g', offsets))
    expect(error.results).toMatchObject([
      { code: 'UNKNOWN_MEMBER_ID', topic: 'a', partition: 1, message: expect.stringContaining('stop them first') },
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'b', partition: 0 },
      null,
    ])
    // Metadata is not what such an answer says to be stale.
    expect((fake.sent[0].errorCode as (answer: unknown) => number)(answering('UNKNOWN_TOPIC_OR_PARTITION'))).toBe(0)
    expect((fake.sent[0].errorCode as (answer: unknown) => number)(answering('NOT_COORDINATOR'))).not.toBe(0)
  })

  test('comes again while the group rebalances', async () => {
    let calls = 0
    const fake = new FakeCluster({
      OffsetCommit: () => (calls++ === 0 ? answering('REBALANCE_IN_PROGRESS') : answering()),
    })
    await new Admin(fake.cluster).alterConsumerGroupOffsets('g', offsets)
    expect(calls).toBe(2)
  })
})

describe('deleteConsumerGroupOffsets', () => {
  const partitions = [
    { topic: 'a', partition: 1 },
    { topic: 'b', partition: 0 },
  ]

  test('tells the outcome of each partition', async () => {
    const code = errorCode('GROUP_SUBSCRIBED_TO_TOPIC')
    const fake = new FakeCluster({
      OffsetDelete: () => ({
        errorCode: 0,
        topics: [
          { name: 'b', partitions: [{ partitionIndex: 0, errorCode: code }] },
          { name: 'a', partitions: [{ partitionIndex: 1, errorCode: 0 }] },
        ],
      }),
    })
    const error = await failure(new Admin(fake.cluster).deleteConsumerGroupOffsets('g', partitions))
    expect(error.results).toMatchObject([null, { code: 'GROUP_SUBSCRIBED_TO_TOPIC', topic: 'b', partition: 0 }])
  })

  test('what is wrong with the group is told once', async () => {
    const code = errorCode('GROUP_ID_NOT_FOUND')
    const fake = new FakeCluster({ OffsetDelete: () => ({ errorCode: code, topics: [] }) })
    const call = new Admin(fake.cluster).deleteConsumerGroupOffsets('g', partitions)
    await expect(call).rejects.toThrow("Group 'g': GROUP_ID_NOT_FOUND (69): there is no such consumer group")
  })
})

describe('removeMembersFromConsumerGroup', () => {
  const members = [
    { memberId: 'm1', groupInstanceId: null },
    { memberId: 'm2', groupInstanceId: 'i2' },
  ]
  const DescribeGroups: Answerer = () => ({
    groups: [
      {
        errorCode: 0,
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: members.map((each) => ({ ...each, clientId: 'c', clientHost: '/h', memberAssignment: NOTHING })),
        authorizedOperations: NOT_ASKED,
      },
    ],
  })
  const ConsumerGroupDescribe: Answerer = () => {
    throw new UnsupportedVersionError('old')
  }

  test('removes all that the group has: static ones by their names', async () => {
    const LeaveGroup: Answerer = () => ({ errorCode: 0, members: members.map((each) => ({ ...each, errorCode: 0 })) })
    const fake = new FakeCluster({ ConsumerGroupDescribe, DescribeGroups, LeaveGroup })
    await new Admin(fake.cluster).removeMembersFromConsumerGroup('g', { members: null, reason: 'it hangs' })
    const reason = 'member was removed by an admin: it hangs'
    expect(fake.sentTo('LeaveGroup').map(({ body }) => body)).toEqual([
      {
        groupId: 'g',
        members: [
          { memberId: 'm1', groupInstanceId: null, reason },
          { memberId: '', groupInstanceId: 'i2', reason },
        ],
      },
    ])
  })

  test('removes static members, and tells who was not there', async () => {
    const code = errorCode('UNKNOWN_MEMBER_ID')
    const LeaveGroup: Answerer = () => ({
      errorCode: 0,
      members: [
        { memberId: '', groupInstanceId: 'i1', errorCode: code },
        { memberId: '', groupInstanceId: 'i2', errorCode: 0 },
      ],
    })
    const fake = new FakeCluster({ LeaveGroup })
    const asked = { members: [{ groupInstanceId: 'i1' }, { groupInstanceId: 'i2' }], reason: 'x'.repeat(1000) }
    const error = await failure(new Admin(fake.cluster).removeMembersFromConsumerGroup('g', asked))
    expect(error.results).toMatchObject({ i1: { code: 'UNKNOWN_MEMBER_ID' }, i2: null })
    expect(error.message).toContain("it has no member with the instance id 'i1'")
    const [{ reason }] = fake.sent[0].body.members as Array<{ reason: string }>
    expect(reason).toHaveLength(255)
  })

  test('old brokers let one member leave at a time', async () => {
    const LeaveGroup: Answerer = ({ body }) => {
      return { errorCode: body.memberId === 'm1' ? errorCode('UNKNOWN_MEMBER_ID') : 0, members: [] }
    }
    const old: Answerer = (request) => {
      const { groups } = DescribeGroups(request) as { groups: Array<{ members: object[] }> }
      return {
        groups: groups.map((group) => ({
          ...group,
          members: group.members.map((m) => ({ ...m, groupInstanceId: null })),
        })),
      }
    }
    const fake = new FakeCluster({ ConsumerGroupDescribe, DescribeGroups: old, LeaveGroup }, 2)
    const admin = new Admin(fake.cluster)
    const error = await failure(admin.removeMembersFromConsumerGroup('g', { members: null }))
    expect(error.results).toMatchObject({ m1: { code: 'UNKNOWN_MEMBER_ID' }, m2: null })
    expect(fake.sentTo('LeaveGroup').map(({ body }) => body)).toEqual([
      { groupId: 'g', memberId: 'm1' },
      { groupId: 'g', memberId: 'm2' },
    ])
    const byName = admin.removeMembersFromConsumerGroup('g', { members: [{ groupInstanceId: 'i' }] })
    await expect(byName).rejects.toBeInstanceOf(UnsupportedVersionError)
  })

  test('who left is told though a later request of an old broker fails', async () => {
    let left = 0
    const LeaveGroup: Answerer = () => {
      if (left++ > 0) throw new TimeoutError('late')
      return { errorCode: 0, members: [] }
    }
    const three: Answerer = (request) => {
      const { groups } = DescribeGroups(request) as { groups: Array<{ members: object[] }> }
      const [{ members, ...group }] = groups
      const named = ['m1', 'm2', 'm3'].map((memberId) => ({ ...members[0], memberId, groupInstanceId: null }))
      return { groups: [{ ...group, members: named }] }
    }
    const fake = new FakeCluster({ ConsumerGroupDescribe, DescribeGroups: three, LeaveGroup }, 2)
    const error = await failure(
      new Admin(fake.cluster).removeMembersFromConsumerGroup('g', { members: null, timeoutMs: 50 }),
    )
    expect(error.results).toMatchObject({ m1: null, m2: { code: 'TIMED_OUT' }, m3: { code: 'TIMED_OUT' } })
    expect(error.code).toBe('TIMED_OUT')
  })

  test('what is wrong with the group is told once', async () => {
    const code = errorCode('GROUP_AUTHORIZATION_FAILED')
    const fake = new FakeCluster({ LeaveGroup: () => ({ errorCode: code, members: [] }) })
    const members = [{ groupInstanceId: 'i1' }, { groupInstanceId: 'i2' }]
    const call = new Admin(fake.cluster).removeMembersFromConsumerGroup('g', { members })
    await expect(call).rejects.toBeInstanceOf(AuthorizationError)
  })

  test('a member that the answer leaves out was not removed', async () => {
    const answered = [{ memberId: '', groupInstanceId: 'i2', errorCode: 0 }]
    const fake = new FakeCluster({ LeaveGroup: () => ({ errorCode: 0, members: answered }) })
    const members = [{ groupInstanceId: 'i1' }, { groupInstanceId: 'i2' }]
    const error = await failure(new Admin(fake.cluster).removeMembersFromConsumerGroup('g', { members }))
    expect(error.results).toMatchObject({ i1: { code: 'UNKNOWN_SERVER_ERROR' }, i2: null })
  })

  test('does not need to know who has the group', async () => {
    const LeaveGroup: Answerer = () => ({ errorCode: 0, members: members.map((each) => ({ ...each, errorCode: 0 })) })
    const fake = new FakeCluster({ ConsumerGroupDescribe, DescribeGroups, LeaveGroup })
    fake.coordinator = () => Promise.reject(new TimeoutError('late'))
    await new Admin(fake.cluster).removeMembersFromConsumerGroup('g', { members: null })
    expect(fake.sentTo('LeaveGroup')).toHaveLength(1)
  })
})

test('mistakes in arguments are named, before anything is sent', async () => {
  const fake = new FakeCluster({})
  const admin = new Admin(fake.cluster) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const wrong: Array<[method: string, args: unknown[], message: RegExp]> = [
    ['listGroups', [{ states: ['stable'] }], /'states'\[0\] must be one of .*'Stable'/],
    ['listGroups', [{ types: 'classic' }], /'types' must be an array of types, got 'classic'/],
    ['describeConsumerGroups', ['g'], /groupIds must be an array of names, got 'g'/],
    ['describeConsumerGroups', [['']], /groupIds\[0\] must be a non-empty string/],
    ['deleteConsumerGroups', [['a', 'a']], /groupIds names 'a' twice/],
    ['listConsumerGroupOffsets', [], /groupId must be a non-empty string, or partitions keyed by group id/],
    ['listConsumerGroupOffsets', [''], /groupId must be a non-empty string/],
    ['listConsumerGroupOffsets', [['g']], /groupId must be .*, got an array/],
    ['listConsumerGroupOffsets', [{ g: [{ topic: 't' }] }], /groups\['g'\]\[0\]: option 'partition' is required/],
    ['listConsumerGroupOffsets', ['g', { requireStable: 1 }], /'requireStable' must be a boolean/],
    ['alterConsumerGroupOffsets', ['', []], /groupId must be a non-empty string/],
    ['alterConsumerGroupOffsets', ['g', [{ topic: 't', partition: 0, offset: -1 }]], /'offset' must be from 0/],
    ['alterConsumerGroupOffsets', ['g', { t: 5 }], /offsets must be an array/],
    [
      'alterConsumerGroupOffsets',
      ['g', [{ topic: 't', partition: 0, offset: 1, metdata: 'x' }]],
      /offsets\[0\]: unknown option 'metdata'; did you mean 'metadata'\?/,
    ],
    ['deleteConsumerGroupOffsets', ['g', ['t']], /partitions\[0\]/],
    ['removeMembersFromConsumerGroup', [['g']], /groupId must be a non-empty string, got an array/],
    ['removeMembersFromConsumerGroup', ['g'], /options must be an object, got undefined/],
    ['removeMembersFromConsumerGroup', ['g', { members: undefined }], /option 'members' is required/],
    ['removeMembersFromConsumerGroup', ['g', { reason: 'x' }], /option 'members' is required/],
    ['removeMembersFromConsumerGroup', ['g', { members: [] }], /'members' is empty; null stands for all members/],
    ['removeMembersFromConsumerGroup', ['g', { members: ['i'] }], /'members'\[0\]/],
  ]
  for (const [method, args, message] of wrong) {
    const error = await admin[method](...args).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toContain(`admin.${method}()`)
  }
  expect(fake.sent).toEqual([])
})

test('a call about nothing asks nobody', async () => {
  const fake = new FakeCluster({})
  const admin = new Admin(fake.cluster)
  expect(await admin.describeConsumerGroups([])).toEqual({})
  expect(await admin.listConsumerGroupOffsets({})).toEqual({})
  await admin.deleteConsumerGroups([])
  await admin.alterConsumerGroupOffsets('g', [])
  await admin.deleteConsumerGroupOffsets('g', [])
  expect(fake.sent).toEqual([])
})
