import { type BrokerError, Kafka, type KafkaError, type PartialFailureError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bootstrapServers, brokerIsAtLeast, hasBroker, uniqueName } from '../support/kafka.ts'

describe.skipIf(!hasBroker)('producer', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  async function topicWith(numPartitions: number, configs: Record<string, string> = {}): Promise<string> {
    const name = uniqueName('producer')
    await kafka.admin().createTopics([{ name, numPartitions, replicationFactor: 1, configs }])
    return name
  }

  /** Brokers with ZooKeeper report a topic as gone some time before its name can be used again. */
  async function createAnew(name: string): Promise<void> {
    const admin = kafka.admin()
    await vi.waitFor(() => admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }]), 20_000)
  }

  /** The values of a partition, in the order of its log. */
  async function valuesOf(topic: string, partition: number, count: number): Promise<Array<string | undefined>> {
    const consumer = kafka.consumer()
    consumer.assign([{ topic, partition, offset: 0 }])
    const values: Array<string | undefined> = []
    try {
      for await (const message of consumer) {
        values.push(message.value?.toString())
        if (values.length === count) break
      }
    } finally {
      await consumer.close()
    }
    return values
  }

  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'the broker takes %s, small and large',
    async (codec) => {
      const topic = await topicWith(1)
      const producer = kafka.producer({ compressionType: codec })
      const small = numbers(10)
      // Compressible, and larger than what is compressed on the main thread.
      const large = numbers(3000).map((value) => value.padEnd(200, 'abcdefgh'))
      await producer.sendBatch(small.map((value) => ({ topic, value })))
      const results = await producer.sendBatch(large.map((value) => ({ topic, value })))
      expect(results.at(-1)).toMatchObject({ partition: 0, offset: 3009 })
      expect(await valuesOf(topic, 0, 3010)).toEqual([...small, ...large])
      await producer.close()
    },
  )

  test('10,000 sends at once arrive once and in order', async () => {
    const topic = await topicWith(3)
    const producer = kafka.producer({ batchSize: 2000 })
    const sent = await Promise.all(numbers(10_000).map((value) => producer.send({ topic, key: value, value })))
    for (const partition of [0, 1, 2]) {
      const mine = numbers(10_000).filter((_, i) => sent[i].partition === partition)
      expect(await valuesOf(topic, partition, mine.length)).toEqual(mine)
    }
    await producer.close()
  })

  test.each([
    [0, -1],
    [1, 0],
    ['all', 0],
  ] as const)('acks %s', async (acks, offset) => {
    const topic = await topicWith(1)
    const producer = kafka.producer({ acks })
    expect(await producer.send({ topic, value: 'a' })).toMatchObject({ topic, partition: 0, offset })
    expect(await valuesOf(topic, 0, 1)).toEqual(['a'])
    await producer.close()
  })

  test('a batch above max.message.bytes is split, a record above it is refused', async () => {
    const topic = await topicWith(1, { 'max.message.bytes': '5000' })
    const producer = kafka.producer()
    const values = numbers(100).map((value) => value.padEnd(400))
    values[50] = 'x'.repeat(6000)
    const error: PartialFailureError<BrokerError[]> = await producer
      .sendBatch(values.map((value) => ({ topic, value })))
      .catch((error) => error)
    expect(error.results.filter((result) => result instanceof Error)).toHaveLength(1)
    expect(error.results[50]).toMatchObject({ code: 'MESSAGE_TOO_LARGE', topic, partition: 0, persisted: 'no' })
    expect(await valuesOf(topic, 0, 99)).toEqual(values.filter((_, i) => i !== 50))
    expect(await producer.send({ topic, value: 'after' })).toMatchObject({ offset: 99 })
    await producer.close()
  })

  // Older brokers call the batch corrupt, and do not say which record it is.
  test.skipIf(!brokerIsAtLeast('2.4'))('a record without a key fails alone on a compacted topic', async () => {
    const topic = await topicWith(1, { 'cleanup.policy': 'compact' })
    const producer = kafka.producer()
    const messages = [
      { topic, key: 'a', value: '1' },
      { topic, partition: 0, value: 'no key' },
      { topic, key: 'b', value: '2' },
    ]
    const error: PartialFailureError<BrokerError[]> = await producer.sendBatch(messages).catch((error) => error)
    expect(error.results[1]).toMatchObject({ code: 'INVALID_RECORD', persisted: 'no' })
    expect(await valuesOf(topic, 0, 2)).toEqual(['1', '2'])
    await producer.send({ topic, key: 'c', value: '3' })
    expect(await valuesOf(topic, 0, 3)).toEqual(['1', '2', '3'])
    await producer.close()
  })

  test('the broker’s time is reported where the topic says so', async () => {
    const topic = await topicWith(1, { 'message.timestamp.type': 'LogAppendTime' })
    const producer = kafka.producer()
    const { timestamp } = await producer.send({ topic, value: 'a', timestamp: 1_000_000 })
    expect(timestamp).toBeGreaterThan(1_600_000_000_000)
    await producer.close()
  })

  test('a partition out of range, an invalid topic name', async () => {
    const topic = await topicWith(2)
    const producer = kafka.producer()
    await expect(producer.send({ topic, partition: 2, value: 'a' })).rejects.toThrow(
      new RegExp(`'${topic}' has no partition 2: it has 2`),
    )
    const error: KafkaError = await producer.send({ topic: 'no/such:name', value: 'a' }).catch((error) => error)
    // Old brokers do not look at the name of a topic that they need not create.
    const code = brokerIsAtLeast('2.4') ? 'INVALID_TOPIC_EXCEPTION' : 'UNKNOWN_TOPIC_OR_PARTITION'
    expect(error).toMatchObject({ code, topic: 'no/such:name', persisted: 'no' })
    await producer.close()
  })

  test('partitions that are added are used without a new producer', async () => {
    const topic = await topicWith(1)
    const producer = kafka.producer()
    await producer.send({ topic, value: 'a' })
    await kafka.admin().createPartitions({ [topic]: { totalCount: 3 } })
    expect(await producer.send({ topic, partition: 2, value: 'b' })).toMatchObject({ partition: 2, offset: 0 })
    expect(await producer.partitionsFor(topic)).toHaveLength(3)
    await producer.close()
  })

  test('a topic that is deleted and made anew takes records again', async () => {
    const topic = await topicWith(1)
    const producer = kafka.producer()
    for (const value of numbers(5)) await producer.send({ topic, value })
    await kafka.admin().deleteTopics([topic])
    await createAnew(topic)
    expect(await producer.send({ topic, value: 'new' })).toMatchObject({ partition: 0 })
    expect(await valuesOf(topic, 0, 1)).toEqual(['new'])
    await producer.close()
  })
})
