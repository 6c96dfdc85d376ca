// Prints every message of a topic until Ctrl-C, or until as many as the first argument says.

import { Kafka } from 'kafka-wire'

const limit = Number(process.argv[2] ?? Number.POSITIVE_INFINITY)

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const consumer = kafka.consumer({ groupId: 'my-group', topics: ['my-topic'], autoOffsetReset: 'earliest' })
// Closing the consumer ends the loop; what was processed is committed first.
process.once('SIGINT', () => consumer.close())

console.log('Waiting for messages on my-topic; Ctrl-C ends')
let count = 0
try {
  for await (const message of consumer) {
    console.log(`${message.partition}:${message.offset} ${message.value?.toString() ?? '(deleted)'}`)
    if (++count >= limit) {
      // A message counts as processed when the next one is asked for; this one never will be.
      await consumer.commit(message)
      break
    }
  }
} finally {
  await kafka.close()
}
console.log(`${count} messages`)
