import { consumeFloor } from '../../floor/consumer.ts'
import { FloorProducer } from '../../floor/producer.ts'
import type { BenchProducer, Payload, Tally, Task } from '../task.ts'

export async function openProducer(task: Task, { keys, value }: Payload): Promise<BenchProducer> {
  const producer = await FloorProducer.open(task.bootstrapServers, task.topic, task.partitions)
  return {
    send(first, count) {
      const records = new Array(count)
      for (let i = 0; i < count; i++) records[i] = { key: keys[(first + i) & (keys.length - 1)], value }
      return producer.send(records)
    },
    close: () => producer.close(),
  }
}

export async function consume(task: Task, tally: Tally): Promise<void> {
  tally.start()
  for await (const messages of consumeFloor(task.bootstrapServers, task.topic, task.partitions)) {
    let bytes = 0
    for (const message of messages) bytes += message.value.length
    tally.add(messages.length, bytes)
    if (tally.complete) break
  }
}
