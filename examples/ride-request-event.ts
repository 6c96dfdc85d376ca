// A passenger asks for a ride: one event as JSON on `ride-requests`.

import { randomUUID } from 'node:crypto'
import { Kafka, serde } from 'kafka-wire'

interface RideRequest {
  event_type: 'ride_request'
  ride_id: string
  passenger: string
  pickup: string
  destination: string
  requested_at: string
}

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer({ valueSerializer: serde.json<RideRequest>() })

try {
  if (!(await admin.listTopics()).includes('ride-requests')) {
    await admin.createTopics([{ name: 'ride-requests', numPartitions: 3, replicationFactor: 1 }])
  }
  const request: RideRequest = {
    event_type: 'ride_request',
    ride_id: randomUUID(),
    passenger: 'Maria',
    pickup: 'Central Station',
    destination: 'Airport',
    requested_at: new Date().toISOString(),
  }
  // The key decides the partition: all events of a ride stay in order.
  const { partition, offset } = await producer.send({ topic: 'ride-requests', key: request.ride_id, value: request })
  console.log(`Ride ${request.ride_id} requested: partition ${partition}, offset ${offset}`)
} finally {
  await kafka.close()
}
