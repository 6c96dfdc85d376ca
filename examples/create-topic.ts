// Makes a topic with three partitions, unless it is there already, and describes it.

import { Kafka, KafkaError } from 'kafka-wire'

const name = process.argv[2] ?? 'rides'

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()

try {
  await admin.createTopics([{ name, numPartitions: 3, replicationFactor: 1 }])
  console.log(`Created ${name}`)
} catch (error) {
  if (!(error instanceof KafkaError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw error
  console.log(`${name} is there already`)
}

try {
  const { [name]: topic } = await admin.describeTopics([name])
  for (const { partition, leader, replicas } of topic.partitions) {
    console.log(`Partition ${partition}: leader ${leader}, replicas ${replicas.join(', ')}`)
  }
} finally {
  await kafka.close()
}
