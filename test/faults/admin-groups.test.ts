import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '../support/kafka.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import { canStart } from './can-start.ts'

const GROUPS = 30
const silent = { debug() {}, info() {}, warn() {}, error() {} }

describe.skipIf(!canStart)('groups at several coordinators, one of which dies', () => {
  let cluster: KafkaCluster
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>

  beforeAll(async () => {
    cluster = await KafkaCluster.start({ nodes: 3 })
    kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, logger: silent })
    admin = kafka.admin()
  })
  afterAll(async () => {
    await kafka?.close()
    await cluster?.stopAll()
  })

  test('calls that are told of old coordinators find the new ones, and no group is missing', async () => {
    const topic = uniqueName('groups')
    await admin.createTopics([{ name: topic, numPartitions: 1, replicationFactor: 3 }])
    const ids = Array.from({ length: GROUPS }, (_, i) => `g-${String(i).padStart(2, '0')}`)
    await Promise.all(ids.map((id, offset) => admin.alterConsumerGroupOffsets(id, [{ topic, partition: 0, offset }])))
    const coordinators = async () => {
      const described = Object.values(await admin.describeConsumerGroups(ids))
      return new Set(described.map(({ coordinator }) => coordinator.id))
    }
    expect([...(await coordinators())].sort()).toEqual([1, 2, 3])
    expect((await admin.listGroups()).map(({ groupId }) => groupId)).toEqual(ids)

    await cluster.kill(2)
    const [offsets, now, listed] = await Promise.all([
      admin.listConsumerGroupOffsets(Object.fromEntries(ids.map((id) => [id, null]))),
      coordinators(),
      admin.listGroups(),
    ])
    expect(Object.keys(offsets)).toEqual(ids)
    expect(Object.values(offsets).map(([{ offset }]) => offset)).toEqual(ids.map((_, i) => i))
    expect([...now].sort()).toEqual([1, 3])
    expect(listed.map(({ groupId }) => groupId)).toEqual(ids)
    await admin.deleteConsumerGroups(ids)
    expect(await admin.listGroups()).toEqual([])
  })
})
