import { Kafka, type Message } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, brokerIsAtLeast, hasBroker, uniqueName } from '../support/kafka.ts'
import { storedBatches } from '../support/stored-batches.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const
const RECORDS = 30
const START = 1_600_000_000_000

// Brokers from 3.0 on write nothing but record batches, whatever `message.format.version` says.
describe.skipIf(!hasBroker || brokerIsAtLeast('3.0'))('topics in formats that only brokers before 3.0 write', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  interface Sent {
    timestamp: number
    key: string | null
    value: string | null
  }

  const records: Sent[] = codecs.flatMap((codec, c) =>
    Array.from({ length: RECORDS }, (_, i) => ({
      timestamp: START + c * 1000 + ((i * 7) % RECORDS),
      key: i % 5 === 0 ? null : `k${i}`,
      value: i % 7 === 3 ? null : `${codec} ${i} ${'wörter '.repeat(i)}`,
    })),
  )

  /** A topic in which each codec has written a compressed message, or many that are not compressed. */
  async function filled(configs: Record<string, string>): Promise<string> {
    const topic = uniqueName('old')
    await kafka.admin().createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1, configs }])
    for (const [c, compressionType] of codecs.entries()) {
      const producer = kafka.producer({ compressionType, enableIdempotence: false })
      const batch = records.slice(c * RECORDS, (c + 1) * RECORDS)
      await producer.sendBatch(batch.map((record) => ({ topic, ...record })))
      await producer.close()
    }
    return topic
  }

  async function read(topic: string, offset: number): Promise<Message[]> {
    const consumer = kafka.consumer()
    consumer.assign([{ topic, partition: 0, offset }])
    const messages: Message[] = []
    while (messages.length < records.length - offset) messages.push(...(await consumer.poll()))
    await consumer.close()
    return messages
  }

  const row = ({ offset, timestamp, timestampType, key, value, headers }: Message): unknown[] => {
    return [offset, timestamp, timestampType, key?.toString() ?? null, value?.toString() ?? null, [...headers]]
  }

  test.each([
    ['0.9.0', 0],
    ['0.10.0', 1],
  ])(
    'message.format.version %s: read from the start, and from the middle of compressed messages',
    async (version, magic) => {
      const topic = await filled({ 'message.format.version': version })
      const batches = await storedBatches(kafka, topic)
      expect(batches.map((batch) => batch.magic)).toEqual(batches.map(() => magic))
      expect(new Set(batches.map(({ compression }) => compression))).toEqual(new Set(codecs))
      const expected = records.map(({ timestamp, key, value }, offset) => {
        return [offset, magic === 0 ? -1 : timestamp, 'CreateTime', key, value, []]
      })
      expect((await read(topic, 0)).map(row)).toEqual(expected)
      for (const offset of [1, RECORDS + 1, RECORDS * 2 + 17, RECORDS * 4 - 1]) {
        expect((await read(topic, offset)).map(row)).toEqual(expected.slice(offset))
      }
    },
  )

  test("the broker's time is that of all in a compressed message", async () => {
    const before = Date.now()
    const topic = await filled({ 'message.format.version': '0.10.0', 'message.timestamp.type': 'LogAppendTime' })
    const messages = await read(topic, 0)
    expect(messages.map(({ offset }) => offset)).toEqual(records.map((_, offset) => offset))
    for (const { timestamp, timestampType } of messages) {
      expect(timestampType).toBe('LogAppendTime')
      // The broker's clock is that of this machine, or near it.
      expect(Math.abs(timestamp - before)).toBeLessThan(60_000)
    }
    for (const [c] of codecs.entries()) {
      if (c === 0) continue
      const times = messages.slice(c * RECORDS, (c + 1) * RECORDS).map(({ timestamp }) => timestamp)
      expect(new Set(times).size).toBe(1)
    }
  })

  test('an idempotent producer is refused by such a topic, with the reason', async () => {
    const topic = uniqueName('old')
    const configs = { 'message.format.version': '0.10.0' }
    await kafka.admin().createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1, configs }])
    const producer = kafka.producer()
    await expect(producer.send({ topic, value: 'v' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      topic,
      persisted: 'no',
    })
    await producer.close()
  })
})
