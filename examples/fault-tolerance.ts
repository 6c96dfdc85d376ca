// Kills the broker that leads partition 0 while messages flow, and shows that none is lost.
// Starts three brokers of its own for that, whatever KAFKA_BOOTSTRAP_SERVERS says; needs Java 17 and Maven.
// Takes half a minute: a controller gives a broker some seconds to come back.

import { Kafka } from 'kafka-wire'
import { KafkaCluster } from '../test/support/kafka-cluster.ts'

const topic = 'rides'
const total = 2000
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

console.log('Starting three brokers; the first time, Kafka is downloaded')
const cluster = await KafkaCluster.start({ nodes: 3 })
const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers })
const admin = kafka.admin()

process.once('SIGINT', async () => {
  await cluster.stopAll()
  process.exit(130)
})

async function leader(): Promise<number> {
  const { [topic]: description } = await admin.describeTopics([topic])
  return description.partitions[0].leader
}

async function produce(): Promise<void> {
  const producer = kafka.producer()
  for (let i = 0; i < total; i++) {
    // Resolves once two of the three replicas have the message.
    await producer.send({ topic, partition: 0, value: `message-${i}` })
    await sleep(5)
  }
  console.log(`${total} messages acknowledged`)
}

async function consume(): Promise<string[]> {
  const consumer = kafka.consumer()
  consumer.assign([{ topic, partition: 0, offset: 0 }])
  const received: string[] = []
  for await (const message of consumer) {
    if (received.push(String(message.value)) === total) break
  }
  return received
}

try {
  const configs = { 'min.insync.replicas': 2 }
  await admin.createTopics([{ name: topic, numPartitions: 1, replicationFactor: 3, configs }])
  const first = await leader()
  console.log(`Partition 0 of ${topic} is led by broker ${first}`)

  const traffic = Promise.all([consume(), produce()])
  await sleep(1000)
  await cluster.kill(first)
  console.log(`Broker ${first} is killed; waiting for another to be elected`)

  let current = first
  while (current === first || current === -1) {
    await sleep(250)
    current = await leader()
  }
  console.log(`Partition 0 is led by broker ${current} now`)

  const [received] = await traffic
  const inOrder = received.every((value, i) => value === `message-${i}`)
  console.log(`${received.length} messages received, ${inOrder ? 'each once and in order' : 'but not in order'}`)
  if (!inOrder) process.exitCode = 1
} finally {
  await kafka.close()
  await cluster.stopAll()
}
