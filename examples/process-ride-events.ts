// Processes `ride-events`: a request opens a ride, its completion closes it. The rides come from this file too.

import { randomUUID } from 'node:crypto'
import { Kafka, serde } from 'kafka-wire'

type RideEvent =
  | { event_type: 'ride_request'; ride_id: string; passenger: string }
  | { event_type: 'ride_completed'; ride_id: string; fare: number }

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer({ valueSerializer: serde.json<RideEvent>() })
const consumer = kafka.consumer({
  groupId: 'ride-processor',
  topics: ['ride-events'],
  autoOffsetReset: 'earliest',
  valueDeserializer: serde.json<RideEvent>(),
})
process.once('SIGINT', () => consumer.close())

try {
  if (!(await admin.listTopics()).includes('ride-events')) {
    await admin.createTopics([{ name: 'ride-events', numPartitions: 3, replicationFactor: 1 }])
  }
  const rides = ['Maria', 'Ahmed', 'Chen'].map((passenger) => ({ ride_id: randomUUID(), passenger }))
  for (const { ride_id, passenger } of rides) {
    const topic = 'ride-events'
    await producer.sendBatch([
      { topic, key: ride_id, value: { event_type: 'ride_request', ride_id, passenger } },
      { topic, key: ride_id, value: { event_type: 'ride_completed', ride_id, fare: 12.5 } },
    ])
  }

  const open = new Map<string, string>()
  const unfinished = new Set<string>(rides.map(({ ride_id }) => ride_id))
  for await (const message of consumer) {
    const event = message.value
    if (event?.event_type === 'ride_request') {
      open.set(event.ride_id, event.passenger)
      console.log(`${event.passenger} asks for a ride`)
    } else if (event?.event_type === 'ride_completed') {
      // A ride that was opened before this program started is known to the one that ran then.
      const passenger = open.get(event.ride_id)
      if (passenger !== undefined) console.log(`The ride of ${passenger} is completed: ${event.fare.toFixed(2)} €`)
      open.delete(event.ride_id)
      unfinished.delete(event.ride_id)
    }
    if (unfinished.size === 0) {
      await consumer.commit(message)
      break
    }
  }
} finally {
  await kafka.close()
}
