import { Kafka } from 'kafka-wire'
import type { BenchProducer, Payload, Tally, Task } from '../task.ts'

export async function openProducer(task: Task, { keys, value }: Payload): Promise<BenchProducer> {
  const { topic } = task
  const kafka = new Kafka({ bootstrapServers: task.bootstrapServers })
  const producer = kafka.producer()
  const message = (i: number) => ({ topic, key: keys[i & (keys.length - 1)], value })
  return {
    send(first, count) {
      if (count === 1) return producer.send(message(first))
      const messages = new Array(count)
      for (let i = 0; i < count; i++) messages[i] = message(first + i)
      return producer.sendBatch(messages)
    },
    close: () => kafka.close(),
  }
}

export async function consume(task: Task, tally: Tally): Promise<void> {
  const kafka = new Kafka({ bootstrapServers: task.bootstrapServers })
  const consumer = kafka.consumer({
    groupId: task.group,
    topics: [task.topic],
    autoOffsetReset: 'earliest',
    onPartitionsAssigned: () => tally.start(),
  })
  try {
    if (task.method === 'batches()') {
      for await (const batch of consumer.batches()) {
        let bytes = 0
        for (const message of batch) bytes += message.value!.length
        tally.add(batch.length, bytes)
        if (tally.complete) break
      }
    } else {
      for await (const message of consumer.messages()) {
        tally.add(1, message.value!.length)
        if (tally.complete) break
      }
    }
  } finally {
    await kafka.close()
  }
}
