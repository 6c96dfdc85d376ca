import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, hasBroker, uniqueName } from '../support/kafka.ts'

describe.skipIf(!hasBroker)('produce and consume', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  async function topicWith(numPartitions: number): Promise<string> {
    const name = uniqueName('rides')
    await kafka.admin().createTopics([{ name, numPartitions, replicationFactor: 1 }])
    return name
  }

  test('a record comes back as it was sent', async () => {
    const topic = await topicWith(1)
    const producer = kafka.producer()
    const headers: Array<[string, Buffer | null]> = [
      ['trace', Buffer.from('a')],
      ['trace', Buffer.from('b')],
      ['empty', null],
    ]
    const sent = await producer.send({ topic, key: 'k', value: 'Hällo', headers, timestamp: 1_700_000_000_123 })
    expect(sent).toEqual({ topic, partition: 0, offset: 0, timestamp: 1_700_000_000_123 })
    await producer.send({ topic, key: null, value: null })
    const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
    const seen = []
    for await (const message of consumer) {
      seen.push(message)
      if (seen.length === 2) break
    }
    expect(seen[0]).toMatchObject({
      topic,
      partition: 0,
      offset: 0,
      timestamp: 1_700_000_000_123,
      timestampType: 'CreateTime',
    })
    expect(seen[0].key?.toString()).toBe('k')
    expect(seen[0].value?.toString()).toBe('Hällo')
    expect([...seen[0].headers]).toEqual(headers)
    expect(seen[1]).toMatchObject({ offset: 1, key: null, value: null })
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s: every record once, in order',
    async (compressionType) => {
      const topic = await topicWith(3)
      const producer = kafka.producer({ compressionType })
      const count = 20_000
      for (let start = 0; start < count; start += 1000) {
        const records = Array.from({ length: 1000 }, (_, i) => ({ topic, key: `k${i % 50}`, value: `${start + i}` }))
        const metadata = await producer.sendBatch(records)
        expect(metadata.length).toBe(1000)
      }
      const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
      const last = new Map<string, number>()
      const values = new Set<number>()
      for await (const batch of consumer.batches()) {
        for (const message of batch) {
          const value = Number(message.value)
          const key = String(message.key)
          expect(value).toBeGreaterThan(last.get(key) ?? -1)
          last.set(key, value)
          values.add(value)
        }
        if (values.size === count) break
      }
      expect(values.size).toBe(count)
      await consumer.close()
    },
  )

  test('members of a group share the partitions, and together read everything once', async () => {
    const topic = await topicWith(4)
    const groupId = uniqueName('g')
    const producer = kafka.producer()
    const seen: string[] = []
    const count = 2000
    const members = [0, 1].map(() => kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' }))
    const assigned = Promise.withResolvers<void>()
    const done = Promise.withResolvers<void>()
    const runs = members.map((member) => {
      return member.run({
        eachMessage: async ({ value }) => {
          if (seen.push(String(value)) === count) done.resolve()
        },
      })
    })
    const watch = setInterval(() => {
      if (members.every((member) => member.assignment().length === 2)) assigned.resolve()
    }, 20)
    await assigned.promise
    clearInterval(watch)
    await producer.sendBatch(Array.from({ length: count }, (_, i) => ({ topic, key: `${i}`, value: `${i}` })))
    await done.promise
    await Promise.all(members.map((member) => member.close()))
    await Promise.all(runs)
    expect(new Set(seen).size).toBe(count)
    expect(seen.length).toBe(count)
  })
})
