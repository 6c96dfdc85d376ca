// Two microservices that know each other only by their topics:
// the matcher reads `ride-requests`, finds a driver and writes `billing-events`; the biller reads those.

import { randomUUID } from 'node:crypto'
import { Kafka, serde } from 'kafka-wire'

interface RideRequest {
  event_type: 'ride_request'
  ride_id: string
  passenger: string
}

interface BillingEvent {
  ride_id: string
  passenger: string
  driver: string
  amount: number
}

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const drivers = ['Dana', 'Emil', 'Femi']
const mine = new Set<string>()
// Ends the loops of both services, after committing what they have processed.
process.once('SIGINT', () => kafka.close())

async function matcher(): Promise<void> {
  const producer = kafka.producer({ valueSerializer: serde.json<BillingEvent>() })
  const consumer = kafka.consumer({
    groupId: 'matcher',
    topics: ['ride-requests'],
    autoOffsetReset: 'earliest',
    valueDeserializer: serde.json<RideRequest>(),
  })
  let next = 0
  for await (const { value: request } of consumer) {
    if (request === null) continue
    const { ride_id, passenger } = request
    const driver = drivers[next++ % drivers.length]
    console.log(`Matcher: ${driver} drives ${passenger}`)
    // Awaited: a request counts as processed only when its billing event is safe.
    const value = { ride_id, passenger, driver, amount: 9.9 }
    await producer.send({ topic: 'billing-events', key: ride_id, value })
  }
}

async function biller(): Promise<void> {
  const consumer = kafka.consumer({
    groupId: 'biller',
    topics: ['billing-events'],
    autoOffsetReset: 'earliest',
    valueDeserializer: serde.json<BillingEvent>(),
  })
  for await (const message of consumer) {
    if (message.value === null) continue
    const { ride_id, passenger, amount } = message.value
    console.log(`Biller: ${passenger} pays ${amount.toFixed(2)} €`)
    mine.delete(ride_id)
    if (mine.size === 0) {
      await consumer.commit(message)
      break
    }
  }
}

try {
  const existing = await admin.listTopics()
  const missing = ['ride-requests', 'billing-events'].filter((name) => !existing.includes(name))
  await admin.createTopics(missing.map((name) => ({ name, numPartitions: 3, replicationFactor: 1 })))
  const passengers = kafka.producer({ valueSerializer: serde.json<RideRequest>() })
  for (const passenger of ['Maria', 'Ahmed', 'Chen', 'Ines', 'Noor']) {
    const ride_id = randomUUID()
    mine.add(ride_id)
    const value: RideRequest = { event_type: 'ride_request', ride_id, passenger }
    await passengers.send({ topic: 'ride-requests', key: ride_id, value })
  }
  const matching = matcher()
  await Promise.race([biller(), matching])
  await kafka.close()
  await matching
} finally {
  await kafka.close()
}
