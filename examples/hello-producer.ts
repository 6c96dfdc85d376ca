// Sends messages to a topic and prints where the first of them was stored.

import { Kafka } from 'kafka-wire'

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer()

try {
  if (!(await admin.listTopics()).includes('my-topic')) {
    await admin.createTopics([{ name: 'my-topic', numPartitions: 3, replicationFactor: 1 }])
  }
  const { topic, partition, offset } = await producer.send({ topic: 'my-topic', key: 'hello', value: 'Hello, Kafka!' })
  console.log(`Stored in partition ${partition} of ${topic} at offset ${offset}`)

  // Many at a time: hand them over without waiting, then wait for all of them together.
  for (let i = 1; i <= 9; i++) {
    const onDelivery = (error: Error | null): void => {
      if (error !== null) console.error(`Message ${i} is lost: ${error.message}`)
    }
    producer.send({ topic: 'my-topic', value: `Message ${i}` }, { onDelivery })
  }
  await producer.flush()
  console.log('And 9 more')
} finally {
  await kafka.close()
}
