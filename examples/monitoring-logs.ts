// Writes a line to `app-logs` every second while a consumer counts the errors among them.
// Runs until Ctrl-C, or for as many lines as the first argument says; the second is the pause in ms.

import { Kafka, serde } from 'kafka-wire'

interface LogLine {
  level: 'info' | 'error'
  service: string
  message: string
  at: string
}

const limit = Number(process.argv[2] ?? Number.POSITIVE_INFINITY)
const pauseMs = Number(process.argv[3] ?? 1000)

const kafka = new Kafka({ bootstrapServers: process.env.KAFKA_BOOTSTRAP_SERVERS ?? 'localhost:9092' })
const admin = kafka.admin()
const producer = kafka.producer({ valueSerializer: serde.json<LogLine>() })
const consumer = kafka.consumer({
  groupId: 'log-monitor',
  topics: ['app-logs'],
  autoOffsetReset: 'earliest',
  valueDeserializer: serde.json<LogLine>(),
})

const started = new Date().toISOString()
let stopped = false
process.once('SIGINT', () => {
  stopped = true
  void consumer.close()
})

async function application(): Promise<void> {
  for (let i = 1; i <= limit && !stopped; i++) {
    const failed = i % 3 === 0
    const line: LogLine = {
      level: failed ? 'error' : 'info',
      service: 'payments',
      message: failed ? `Payment ${i} was refused` : `Payment ${i} is done`,
      at: new Date().toISOString(),
    }
    await producer.send({ topic: 'app-logs', key: line.service, value: line })
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

async function monitor(): Promise<void> {
  let lines = 0
  let errors = 0
  for await (const message of consumer) {
    const line = message.value
    if (line === null || line.at < started) continue // of an earlier run that was interrupted
    lines++
    if (line.level === 'error') errors++
    console.log(`${lines} lines, ${errors} errors. Last: ${line.message}`)
    if (lines >= limit) {
      await consumer.commit(message)
      break
    }
  }
}

try {
  if (!(await admin.listTopics()).includes('app-logs')) {
    await admin.createTopics([{ name: 'app-logs', numPartitions: 3, replicationFactor: 1 }])
  }
  await Promise.all([application(), monitor()])
} finally {
  await kafka.close()
}
