// Assigns a driver to each ride: `ride-requests` in, `ride-assignments` out, a handler for each message.

import { randomUUID } from 'node:crypto'
import { Kafka, serde } from 'kafka-wire'

interface RideRequest {
  event_type: 'ride_request'
  ride_id: string
  passenger: string
}

interface RideAssignment {
  event_type: 'ride_assigned'
  ride_id: string
  driver: string
}

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer({ valueSerializer: serde.json<RideRequest | RideAssignment>() })
const consumer = kafka.consumer({
  groupId: 'assignment',
  topics: ['ride-requests'],
  autoOffsetReset: 'earliest',
  valueDeserializer: serde.json<RideRequest>(),
})
process.once('SIGINT', () => consumer.close())

try {
  const existing = await admin.listTopics()
  const missing = ['ride-requests', 'ride-assignments'].filter((name) => !existing.includes(name))
  await admin.createTopics(missing.map((name) => ({ name, numPartitions: 3, replicationFactor: 1 })))
  const requests = ['Maria', 'Ahmed', 'Chen'].map((passenger): RideRequest => {
    return { event_type: 'ride_request', ride_id: randomUUID(), passenger }
  })
  await producer.sendBatch(requests.map((value) => ({ topic: 'ride-requests', key: value.ride_id, value })))

  const waiting = new Set(requests.map(({ ride_id }) => ride_id))
  let assigned = 0
  await consumer.run({
    eachMessage: async ({ value: request }) => {
      if (request === null) return
      const { ride_id, passenger } = request
      const driver = `driver-${(assigned++ % 5) + 1}`
      await producer.send({
        topic: 'ride-assignments',
        key: ride_id,
        value: { event_type: 'ride_assigned', ride_id, driver },
      })
      console.log(`${driver} picks up ${passenger}`)
      waiting.delete(ride_id)
      // run() ends when the consumer is closed, and commits what its handlers have done.
      if (waiting.size === 0) void consumer.close()
    },
  })
} finally {
  await kafka.close()
}
