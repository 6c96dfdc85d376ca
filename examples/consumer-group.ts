// A producer, and a group of two consumers that share its messages: each message goes to one member.

import { Kafka } from 'kafka-wire'

const topic = 'group-demo'
const run = Date.now()
const total = 30

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer()
const receivers = new Map<string, string[]>()
const joined = new Set<string>()
const bothJoined = Promise.withResolvers<void>()
let stopped = false
// Members that leave are not waited for by the next run.
process.once('SIGINT', () => {
  stopped = true
  bothJoined.resolve()
  void kafka.close()
})

async function member(name: string): Promise<void> {
  const consumer = kafka.consumer({
    groupId: 'group-demo',
    topics: [topic],
    autoOffsetReset: 'earliest',
    onPartitionsAssigned: (partitions) => {
      console.log(`${name} gets ${partitions.map((each) => each.partition)}`)
      if (partitions.length > 0 && joined.add(name).size === 2) bothJoined.resolve()
    },
  })
  for await (const message of consumer) {
    const text = String(message.value)
    if (!text.startsWith(`${run}`)) continue // of an earlier run that was interrupted
    console.log(`${name} received ${text}`)
    receivers.set(text, [...(receivers.get(text) ?? []), name])
    // kafka.close() ends the loops of both members, after committing what they have processed.
    if (receivers.size === total) setImmediate(() => kafka.close())
  }
}

try {
  if (!(await admin.listTopics()).includes(topic)) {
    await admin.createTopics([{ name: topic, numPartitions: 4, replicationFactor: 1 }])
  }
  const members = [member('Ann'), member('Bob')]
  await bothJoined.promise
  for (let i = 1; i <= total && !stopped; i++) {
    await producer.send({ topic, key: `customer-${i % 10}`, value: `${run}-${i}` })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await Promise.all(members)
  const twice = [...receivers.values()].filter((names) => names.length > 1).length
  console.log(`${receivers.size} messages received, ${twice} of them by more than one member`)
} finally {
  await kafka.close()
}
