// Grows a topic from 3 to 6 partitions while messages flow through it.

import { Kafka } from 'kafka-wire'

const topic = `scaling-${Date.now()}`

const kafka = new Kafka({
  bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092',
  // How soon the producer and the consumer notice new partitions; the default is five minutes.
  metadataMaxAgeMs: 1000,
})
const admin = kafka.admin()
const producer = kafka.producer()
// 'earliest': the first messages of a new partition are older than the consumer's knowledge of it.
const consumer = kafka.consumer({ groupId: topic, topics: [topic], autoOffsetReset: 'earliest' })

const sent = new Set<string>()
const received = new Set<string>()
const partitions = new Set<number>()
let flowing = true
process.once('SIGINT', () => {
  flowing = false
  void consumer.close()
})

async function traffic(): Promise<void> {
  for (let i = 0; flowing; i++) {
    const value = `message-${i}`
    sent.add(value)
    await producer.send({ topic, key: `key-${i % 100}`, value })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function reader(): Promise<void> {
  for await (const message of consumer) {
    received.add(String(message.value))
    if (!partitions.has(message.partition)) {
      partitions.add(message.partition)
      console.log(`First message of partition ${message.partition}`)
    }
    if (partitions.size === 6) flowing = false
    if (!flowing && received.size === sent.size) break
  }
}

try {
  await admin.createTopics([{ name: topic, numPartitions: 3, replicationFactor: 1 }])
  console.log(`${topic} has 3 partitions`)
  const writing = traffic()
  const reading = reader()
  while (partitions.size < 3 && flowing) await new Promise((resolve) => setTimeout(resolve, 100))

  await admin.createPartitions({ [topic]: { totalCount: 6 } })
  const { [topic]: description } = await admin.describeTopics([topic])
  console.log(`${topic} has ${description.partitions.length} partitions`)

  await Promise.all([writing, reading])
  console.log(`${sent.size} messages sent, ${received.size} received`)
} finally {
  await kafka.close()
}
