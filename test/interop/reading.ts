import type { Kafka } from 'kafka-wire'
import { uniqueName } from '../support/kafka.ts'

/** What our consumer gives of one message, on its own memory. */
export interface ReadMessage {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Array<[string, Buffer | null]>
}

/**
 * Everything in a topic, in the order of each partition.
 * @throws Error if that is not `count` messages
 */
export async function readAll(kafka: Kafka, topic: string, count: number): Promise<ReadMessage[]> {
  const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
  const messages: ReadMessage[] = []
  try {
    const { [topic]: description } = await kafka.admin().describeTopics([topic])
    const ends = await consumer.endOffsets(description.partitions.map(({ partition }) => ({ topic, partition })))
    const written = ends.reduce((sum, { offset }) => sum + offset, 0)
    if (written !== count) throw new Error(`${written} messages are in ${topic}, not ${count}`)
    for await (const batch of consumer.batches()) {
      for (const { partition, offset, timestamp, key, value, headers } of batch) {
        messages.push({ partition, offset, timestamp, key, value, headers: [...headers] })
      }
      if (messages.length >= count) break
    }
  } finally {
    await consumer.close()
  }
  return messages
}
