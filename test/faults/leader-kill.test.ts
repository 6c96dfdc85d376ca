import { Kafka, type KafkaError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '../support/kafka.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import { canStart } from './can-start.ts'

const RECORDS = 60_000
const PER_CALL = 100

describe.skipIf(!canStart)('the leader is killed under load', () => {
  let cluster: KafkaCluster
  let kafka: Kafka

  beforeAll(async () => {
    cluster = await KafkaCluster.start({ nodes: 3, properties: { 'min.insync.replicas': '2' } })
    kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, logger: silent })
  })
  afterAll(async () => {
    await kafka?.close()
    await cluster?.stopAll()
  })

  test('nothing that was acknowledged is lost, nothing is doubled, order is kept, every promise settles', async () => {
    const topic = uniqueName('rides')
    const admin = kafka.admin()
    await admin.createTopics([{ name: topic, numPartitions: 3, replicationFactor: 3 }])
    await kafka.producer().send({ topic, partition: 0, value: '-1' })
    const { [topic]: before } = await admin.describeTopics([topic])
    const victim = before.partitions[0].leader

    const producer = kafka.producer()
    const acknowledged = new Set<number>()
    const failures: KafkaError[] = []
    const calls: Promise<void>[] = []
    for (let start = 0; start < RECORDS; start += PER_CALL) {
      const values = Array.from({ length: PER_CALL }, (_, i) => start + i)
      const records = values.map((value) => ({ topic, partition: value % 3, value: String(value) }))
      const call = producer.sendBatch(records).then(
        () => {
          for (const value of values) acknowledged.add(value)
        },
        (error: KafkaError) => {
          failures.push(error)
        },
      )
      calls.push(call)
      if (start === RECORDS / 3) await cluster.kill(victim)
      // The load goes on while the cluster elects: at most so many calls are open at a time.
      if (calls.length > 20) await calls[calls.length - 20]
    }
    await Promise.all(calls)
    expect(failures).toEqual([])
    expect(acknowledged.size).toBe(RECORDS)

    const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
    const seen = new Set<number>()
    const last = [-1, -1, -1]
    for await (const batch of consumer.batches()) {
      for (const { partition, value } of batch) {
        const number = Number(value)
        if (number < 0) continue
        // With increasing values a record that is doubled or out of order does not grow.
        expect(number).toBeGreaterThan(last[partition])
        last[partition] = number
        seen.add(number)
      }
      if (seen.size === RECORDS) break
    }
    await consumer.close()

    const { [topic]: after } = await admin.describeTopics([topic])
    expect(after.partitions[0].leader).not.toBe(victim)
    await cluster.start(victim)
  })
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }
