// An analytics feed: `ride-events` as JSON, counted by event_type. The first argument says how many are sent.

import { Kafka, serde } from 'kafka-wire'

interface RideEvent {
  event_type: string
  ride_id: string
  passenger: string
  /** Of a completed ride. */
  fare?: number
}

const total = Number(process.argv[2] ?? 1000)
const run = `analytics-${Date.now()}`
const types = ['ride_request', 'ride_accepted', 'ride_started', 'ride_completed', 'ride_rated']

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer({ valueSerializer: serde.json<RideEvent>(), compressionType: 'gzip' })
const consumer = kafka.consumer({
  groupId: 'analytics',
  topics: ['ride-events'],
  autoOffsetReset: 'earliest',
  valueDeserializer: serde.json<RideEvent>(),
})
process.once('SIGINT', () => consumer.close())

try {
  if (!(await admin.listTopics()).includes('ride-events')) {
    await admin.createTopics([{ name: 'ride-events', numPartitions: 3, replicationFactor: 1 }])
  }
  const events = Array.from({ length: total }, (_, i): RideEvent => {
    const ride = Math.floor(i / types.length)
    const event_type = types[i % types.length]
    const fare = event_type === 'ride_completed' ? 12.5 : undefined
    return { event_type, ride_id: `${run}-${ride}`, passenger: `passenger-${ride}`, fare }
  })
  await producer.sendBatch(events.map((value) => ({ topic: 'ride-events', key: value.ride_id, value })))

  const counts = new Map<string, number>()
  let mine = 0
  for await (const batch of consumer.batches()) {
    for (const { value: event } of batch) {
      if (event === null) continue
      counts.set(event.event_type, (counts.get(event.event_type) ?? 0) + 1)
      if (event.ride_id.startsWith(run)) mine++
    }
    if (mine >= total) {
      await consumer.commit(batch)
      break
    }
  }
  for (const [type, count] of [...counts].sort()) console.log(`${type.padEnd(16)} ${count}`)
} finally {
  await kafka.close()
}
