import { type Consumer, Kafka, KafkaError, PartialFailureError, UnsupportedVersionError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { bootstrapServers, brokerIsAtLeast, hasBroker, uniqueName } from '../support/kafka.ts'
import { eventually } from '../unit/eventually.ts'

const PARTITIONS = 3

describe.skipIf(!hasBroker)('admin: groups and their offsets', () => {
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>
  let topic: string

  beforeAll(async () => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers(), clientId: 'members' })
    admin = kafka.admin()
    topic = uniqueName('admin-groups')
    await admin.createTopics([{ name: topic, numPartitions: PARTITIONS, replicationFactor: 1 }])
  })
  afterAll(async () => {
    await admin?.deleteTopics([topic])
    await kafka?.close()
  })

  /** A member that reads, until the test is over, and comes back when it is removed. */
  function join(groupId: string, groupInstanceId?: string): Consumer {
    const consumer = kafka.consumer({ groupId, groupInstanceId, topics: [topic], heartbeatIntervalMs: 100 })
    const reading = consumer.run({ eachMessage: () => {} }).catch(() => {})
    onTestFinished(async () => {
      await consumer.close()
      await reading
    })
    return consumer
  }

  /** A group with members, once it is stable. */
  async function groupWith(...instanceIds: Array<string | undefined>): Promise<string> {
    const groupId = uniqueName('g')
    const members = instanceIds.map((instanceId) => join(groupId, instanceId))
    await eventually(async () => {
      const { [groupId]: group } = await admin.describeConsumerGroups([groupId])
      expect(group).toMatchObject({ state: 'Stable', members: instanceIds.map(() => ({})) })
      for (const member of members) expect(member.assignment()).toHaveLength(PARTITIONS / members.length)
    })
    return groupId
  }

  /** A group without members that has committed an offset for each partition. */
  async function groupAt(...offsets: number[]): Promise<string> {
    const groupId = uniqueName('g')
    await admin.alterConsumerGroupOffsets(groupId, at(...offsets))
    return groupId
  }

  function at(...offsets: number[]) {
    return offsets.map((offset, partition) => ({ topic, partition, offset }))
  }

  async function failure(call: Promise<unknown>): Promise<PartialFailureError<unknown[]>> {
    const error = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    return error as PartialFailureError<unknown[]>
  }

  test('lists groups with their kind and state', async () => {
    const [stable, empty] = [await groupWith(undefined), await groupAt(0)]
    const listed = async (filters: Parameters<typeof admin.listGroups>[0]) => {
      return (await admin.listGroups(filters)).filter(({ groupId }) => groupId === stable || groupId === empty)
    }
    const ofStable = { groupId: stable, protocolType: 'consumer', type: 'classic', state: 'Stable' }
    const ofEmpty = { groupId: empty, protocolType: '', type: 'classic', state: 'Empty' }
    expect(await listed({})).toEqual([ofStable, ofEmpty].sort((a, b) => (a.groupId < b.groupId ? -1 : 1)))
    expect(await listed({ states: ['Stable'] })).toEqual([ofStable])
    expect(await listed({ states: ['Empty', 'Dead'], types: ['classic', 'consumer'] })).toEqual([ofEmpty])
    expect(await listed({ protocolTypes: ['consumer'] })).toEqual([ofStable])
    // Also a broker that has never heard of a kind can say that it has none of it.
    expect(await listed({ types: ['share', 'streams'] })).toEqual([])
    expect(await listed({ states: ['NotReady', 'Assigning'] })).toEqual([])
    expect(await listed({ states: ['Stable'], types: ['consumer'] })).toEqual([])
  })

  test('describes members and what they are assigned', async () => {
    const groupId = await groupWith(undefined)
    const { [groupId]: group } = await admin.describeConsumerGroups([groupId], { includeAuthorizedOperations: true })
    const { brokers } = await admin.describeCluster()
    expect(group).toMatchObject({
      groupId,
      isSimpleConsumerGroup: false,
      type: 'classic',
      state: 'Stable',
      partitionAssignor: 'range',
      groupEpoch: null,
      targetAssignmentEpoch: null,
    })
    expect(brokers).toContainEqual(group.coordinator)
    expect(group.members).toEqual([
      {
        memberId: expect.stringMatching(/^members-/),
        groupInstanceId: null,
        clientId: 'members',
        host: expect.stringMatching(/^\//),
        rackId: null,
        assignment: at(0, 0, 0).map(({ topic, partition }) => ({ topic, partition })),
        targetAssignment: null,
        memberEpoch: null,
        upgraded: null,
      },
    ])
    if (brokerIsAtLeast('2.3')) expect(group.authorizedOperations).toEqual(expect.arrayContaining(['READ', 'DELETE']))
    else expect(group.authorizedOperations).toBeNull()
  })

  test('a group with offsets only is a simple one; an unknown one is an error', async () => {
    const [simple, unknown] = [await groupAt(0), uniqueName('unknown')]
    const error = await failure(admin.describeConsumerGroups([unknown, simple]))
    expect(error.code).toBe('GROUP_ID_NOT_FOUND')
    expect(error.results).toMatchObject({
      [simple]: { isSimpleConsumerGroup: true, state: 'Empty', members: [] },
      [unknown]: { code: 'GROUP_ID_NOT_FOUND' },
    })
  })

  test('deletes groups without members', async () => {
    const [busy, idle, unknown] = [await groupWith(undefined), await groupAt(1), uniqueName('unknown')]
    const error = await failure(admin.deleteConsumerGroups([busy, idle, unknown]))
    expect(error.results).toMatchObject({
      [busy]: { code: 'NON_EMPTY_GROUP', message: expect.stringContaining('still has members') },
      [idle]: null,
      [unknown]: { code: 'GROUP_ID_NOT_FOUND' },
    })
    expect((await admin.listGroups()).map(({ groupId }) => groupId)).not.toContain(idle)
    expect(await admin.listConsumerGroupOffsets(idle)).toEqual([])
  })

  test('lists, alters and copies what is committed', async () => {
    const groupId = await groupAt(5, 6)
    const leaderEpoch = brokerIsAtLeast('2.1') ? 0 : -1
    await admin.alterConsumerGroupOffsets(groupId, [
      { topic, partition: 2, offset: 7, metadata: 'a note', leaderEpoch },
      { topic, partition: 0, offset: 4 },
    ])
    const committed = await admin.listConsumerGroupOffsets(groupId)
    expect(committed).toEqual([
      { topic, partition: 0, offset: 4, metadata: '', leaderEpoch: -1 },
      { topic, partition: 1, offset: 6, metadata: '', leaderEpoch: -1 },
      { topic, partition: 2, offset: 7, metadata: 'a note', leaderEpoch },
    ])
    const copy = uniqueName('g')
    await admin.alterConsumerGroupOffsets(copy, committed)
    const none = uniqueName('unknown')
    const [first, , third] = committed
    const options = { requireStable: brokerIsAtLeast('2.5') }
    const several = { [groupId]: [third, first], [copy]: null, [none]: [first] }
    expect(await admin.listConsumerGroupOffsets(several, options)).toEqual({
      [groupId]: [third, first],
      [copy]: committed,
      [none]: [{ topic, partition: 0, offset: -1, metadata: '', leaderEpoch: -1 }],
    })
  })

  test('a consumer goes on at the offset that was set', async () => {
    const one = uniqueName('admin-groups')
    await admin.createTopics([{ name: one, numPartitions: 1, replicationFactor: 1 }])
    await kafka.producer().sendBatch(['a', 'b', 'c', 'd'].map((value) => ({ topic: one, value })))
    const groupId = uniqueName('g')
    await admin.alterConsumerGroupOffsets(groupId, [{ topic: one, partition: 0, offset: 2 }])
    const consumer = kafka.consumer({ groupId, topics: [one], autoOffsetReset: 'earliest' })
    const values: string[] = []
    for await (const { value } of consumer) {
      values.push(String(value))
      if (values.length === 2) break
    }
    expect(values).toEqual(['c', 'd'])
    await consumer.close()
    // What it left behind can be altered, now that it is gone.
    await admin.alterConsumerGroupOffsets(groupId, [{ topic: one, partition: 0, offset: 0 }])
    expect(await admin.listConsumerGroupOffsets(groupId)).toMatchObject([{ offset: 0 }])
    await admin.deleteTopics([one])
  })

  test('refuses offsets of a group with members, and of unknown partitions, one by one', async () => {
    const [busy, idle] = [await groupWith(undefined), uniqueName('g')]
    const error = await failure(admin.alterConsumerGroupOffsets(busy, at(0, 0)))
    expect(error.code).toBe('UNKNOWN_MEMBER_ID')
    expect(error.message).toContain('the group has members, and only they can commit; stop them first')
    const unknown = uniqueName('unknown')
    const partly = await failure(
      admin.alterConsumerGroupOffsets(idle, [
        { topic: unknown, partition: 0, offset: 1 },
        { topic, partition: 1, offset: 8 },
        { topic, partition: 99, offset: 1 },
        { topic, partition: 2, offset: 1, metadata: 'x'.repeat(10_000) },
      ]),
    )
    expect(partly.results).toMatchObject([
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: unknown },
      null,
      { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic, partition: 99 },
      { code: 'OFFSET_METADATA_TOO_LARGE', partition: 2 },
    ])
    expect(await admin.listConsumerGroupOffsets(idle)).toMatchObject([{ topic, partition: 1, offset: 8 }])
  })

  describe.runIf(brokerIsAtLeast('2.4'))('deleteConsumerGroupOffsets', () => {
    test('deletes what no member needs', async () => {
      const groupId = await groupAt(1, 2, 3)
      await admin.deleteConsumerGroupOffsets(groupId, [
        { topic, partition: 2 },
        { topic, partition: 0 },
      ])
      expect(await admin.listConsumerGroupOffsets(groupId)).toMatchObject([{ partition: 1, offset: 2 }])
    })

    test('refuses what members are subscribed to, and a group that is not there', async () => {
      const groupId = await groupWith(undefined)
      const unknown = uniqueName('unknown')
      const error = await failure(
        admin.deleteConsumerGroupOffsets(groupId, [
          { topic, partition: 0 },
          { topic: unknown, partition: 0 },
        ]),
      )
      expect(error.results).toMatchObject([
        { code: 'GROUP_SUBSCRIBED_TO_TOPIC', topic, partition: 0 },
        { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: unknown },
      ])
      const call = admin.deleteConsumerGroupOffsets(unknown, [{ topic, partition: 0 }])
      await expect(call).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
    })
  })

  describe('removeMembersFromConsumerGroup', () => {
    const memberIds = async (groupId: string) => {
      const { [groupId]: group } = await admin.describeConsumerGroups([groupId])
      return group.members.map(({ memberId }) => memberId)
    }

    test('makes every member leave; who still runs joins again', async () => {
      const groupId = await groupWith(undefined)
      const [before] = await memberIds(groupId)
      await admin.removeMembersFromConsumerGroup(groupId, { members: null, reason: 'test' })
      await eventually(async () => {
        const [now, ...others] = await memberIds(groupId)
        expect(others).toEqual([])
        expect(now).toBeDefined()
        expect(now).not.toBe(before)
      })
    })

    test.runIf(brokerIsAtLeast('2.4'))('removes static members by name', async () => {
      const instance = uniqueName('i')
      const groupId = uniqueName('g')
      const consumer = kafka.consumer({ groupId, groupInstanceId: instance, topics: [topic] })
      const reading = consumer.run({ eachMessage: () => {} }).catch(() => {})
      await eventually(() => expect(consumer.assignment()).toHaveLength(PARTITIONS))
      // A static member does not leave when it is closed.
      await consumer.close()
      await reading
      expect(await memberIds(groupId)).toHaveLength(1)
      const missing = { groupInstanceId: 'missing' }
      const error = await failure(
        admin.removeMembersFromConsumerGroup(groupId, { members: [missing, { groupInstanceId: instance }] }),
      )
      expect(error.results).toEqual({ missing: expect.any(KafkaError), [instance]: null })
      expect(error).toMatchObject({ code: 'UNKNOWN_MEMBER_ID', message: expect.stringContaining('no member with the') })
      expect(await memberIds(groupId)).toEqual([])
      await admin.deleteConsumerGroups([groupId])
    })

    test('has nothing to do in an empty group, and finds no unknown one', async () => {
      await admin.removeMembersFromConsumerGroup(await groupAt(0), { members: null })
      const unknown = admin.removeMembersFromConsumerGroup(uniqueName('unknown'), { members: null })
      await expect(unknown).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' })
    })
  })

  test.runIf(!brokerIsAtLeast('2.4'))('an old broker is told from one that refuses', async () => {
    const groupId = await groupAt(0)
    const calls = [
      admin.deleteConsumerGroupOffsets(groupId, [{ topic, partition: 0 }]),
      admin.removeMembersFromConsumerGroup(groupId, { members: [{ groupInstanceId: 'i' }] }),
      admin.listConsumerGroupOffsets(groupId, { requireStable: true }),
    ]
    for (const call of calls) await expect(call).rejects.toBeInstanceOf(UnsupportedVersionError)
  })
})
