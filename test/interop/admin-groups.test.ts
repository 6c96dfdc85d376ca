import { Kafka, PartialFailureError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, startJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, brokerIsAtLeast, uniqueName } from '../support/kafka.ts'
import { eventually } from '../unit/eventually.ts'

const SHARE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleShareConsumer'

describe.skipIf(!hasJavaTools)('groups of Java’s clients, seen and changed by the Admin', () => {
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
    admin = kafka.admin()
  })
  afterAll(() => kafka.close())

  async function topicWith(numPartitions: number): Promise<string> {
    const topic = uniqueName('admin-groups')
    await admin.createTopics([{ name: topic, numPartitions, replicationFactor: 1 }])
    return topic
  }

  async function outcomes(call: Promise<unknown>): Promise<unknown> {
    const error = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    return (error as PartialFailureError<unknown>).results
  }

  test.runIf(brokerIsAtLeast('4.0'))('a group of the new protocol (KIP-848)', async ({ onTestFinished }) => {
    const topic = await topicWith(2)
    const groupId = uniqueName('g')
    const properties = ['group.protocol=consumer', 'client.id=java', 'client.rack=r1', 'group.instance.id=i1']
    const member = startJavaTool(
      tools.consumer,
      ['--topic', topic, '--group', groupId, ...properties.flatMap((each) => ['--consumer-property', each])],
      () => {},
    )
    onTestFinished(() => member.end())
    const describeGroup = async () => {
      return (await admin.describeConsumerGroups([groupId], { includeAuthorizedOperations: true }))[groupId]
    }
    const partitions = [0, 1].map((partition) => ({ topic, partition }))
    await eventually(async () => {
      const { state, members } = await describeGroup()
      expect({ state, assignment: members[0]?.assignment }).toEqual({ state: 'Stable', assignment: partitions })
    })

    const group = await describeGroup()
    expect(group).toMatchObject({
      groupId,
      type: 'consumer',
      isSimpleConsumerGroup: false,
      partitionAssignor: 'uniform',
    })
    expect(group.groupEpoch).toBe(group.targetAssignmentEpoch)
    expect(group.authorizedOperations).toEqual(expect.arrayContaining(['READ', 'DELETE', 'DESCRIBE']))
    expect(group.members).toEqual([
      {
        memberId: expect.any(String),
        groupInstanceId: 'i1',
        clientId: 'java',
        host: expect.stringMatching(/^\//),
        rackId: 'r1',
        assignment: partitions,
        targetAssignment: partitions,
        memberEpoch: group.groupEpoch,
        upgraded: true,
      },
    ])
    const listed = { groupId, protocolType: 'consumer', type: 'consumer', state: 'Stable' }
    expect(await admin.listGroups({ types: ['consumer'], states: ['Stable'] })).toContainEqual(listed)

    expect(
      await outcomes(admin.alterConsumerGroupOffsets(groupId, [{ topic, partition: 0, offset: 0 }])),
    ).toMatchObject([{ code: 'UNKNOWN_MEMBER_ID' }])
    expect(await outcomes(admin.deleteConsumerGroupOffsets(groupId, partitions))).toMatchObject([
      { code: 'GROUP_SUBSCRIBED_TO_TOPIC' },
      { code: 'GROUP_SUBSCRIBED_TO_TOPIC' },
    ])
    expect(await outcomes(admin.deleteConsumerGroups([groupId]))).toMatchObject({
      [groupId]: { code: 'NON_EMPTY_GROUP' },
    })

    await admin.removeMembersFromConsumerGroup(groupId, { members: [{ groupInstanceId: 'i1' }], reason: 'test' })
    // It may be back already, under the same id.
    expect((await describeGroup()).groupEpoch).toBeGreaterThan(group.groupEpoch ?? 0)
    await member.end()
    await admin.removeMembersFromConsumerGroup(groupId, { members: null })
    await admin.alterConsumerGroupOffsets(groupId, [{ topic, partition: 0, offset: 0, metadata: 'a note' }])
    expect(await admin.listConsumerGroupOffsets(groupId)).toContainEqual({
      topic,
      partition: 0,
      offset: 0,
      metadata: 'a note',
      leaderEpoch: -1,
    })
    await admin.deleteConsumerGroups([groupId])
  })

  test.runIf(brokerIsAtLeast('4.2'))(
    'a share group is listed, and is no group of consumers',
    async ({ onTestFinished }) => {
      const topic = await topicWith(1)
      const groupId = uniqueName('share')
      const member = startJavaTool(SHARE_CONSUMER, ['--topic', topic, '--group', groupId], () => {})
      onTestFinished(() => member.end())
      const listed = { groupId, protocolType: 'share', type: 'share', state: 'Stable' }
      await eventually(async () => expect(await admin.listGroups({ types: ['share'] })).toContainEqual(listed))
      expect(await outcomes(admin.describeConsumerGroups([groupId]))).toMatchObject({
        [groupId]: { code: 'GROUP_ID_NOT_FOUND', message: expect.stringContaining('no such consumer group') },
      })
    },
  )

  test('offsets: Java’s tool sees what we set, and we what it sets', async () => {
    const topic = await topicWith(2)
    await kafka.producer().sendBatch([0, 0, 0, 1].map((partition) => ({ topic, partition, value: 'x' })))
    const groupId = uniqueName('g')
    await admin.alterConsumerGroupOffsets(groupId, [{ topic, partition: 0, offset: 2 }])
    const lines = await runJavaTool(tools.consumerGroups, ['--describe', '--group', groupId])
    expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 6))).toContainEqual([
      groupId,
      topic,
      '0',
      '2',
      '3',
      '1',
    ])
    const reset = ['--reset-offsets', '--to-latest', '--topic', topic, '--execute']
    await runJavaTool(tools.consumerGroups, ['--group', groupId, ...reset])
    expect(await admin.listConsumerGroupOffsets(groupId)).toMatchObject([
      { topic, partition: 0, offset: 3 },
      { topic, partition: 1, offset: 1 },
    ])
  })
})
