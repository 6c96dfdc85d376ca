// One client, one task, one process: `node child.js TASK`, with the task as JSON. Answers by a message to its parent.

import { Stopwatch } from './stopwatch.ts'
import type { BenchProducer, ClientModule, Measurement, Payload, Task } from './task.ts'

const KEYS = 4096

const task = JSON.parse(process.argv[2]) as Task
const client = (await import(task.module)) as ClientModule
const measurement = task.kind === 'produce' ? await produce() : await consume()
process.send?.(measurement, () => process.disconnect())

async function produce(): Promise<Measurement> {
  const producer = await client.openProducer(task, payload())
  // The first send finds the way: connections, metadata, a producer id.
  await producer.send(0, task.perSend)
  const stopwatch = new Stopwatch()
  const sent = await sendAll(producer)
  const measurement = stopwatch.stop(sent)
  await producer.close()
  return measurement
}

/** As many loops as sends may be outstanding, each with one of them. */
async function sendAll(producer: BenchProducer): Promise<number> {
  const { records, perSend, outstanding } = task
  let next = 0
  let acknowledged = 0
  const loop = async (): Promise<void> => {
    while (next < records) {
      const first = next
      const count = Math.min(perSend, records - first)
      next += count
      await producer.send(first, count)
      acknowledged += count
    }
  }
  await Promise.all(Array.from({ length: outstanding }, loop))
  return acknowledged
}

async function consume(): Promise<Measurement> {
  let stopwatch: Stopwatch | undefined
  let measurement: Measurement | undefined
  let received = 0
  let bytes = 0
  const tally = {
    complete: false,
    start(): void {
      stopwatch ??= new Stopwatch()
    },
    add(records: number, size: number): void {
      received += records
      bytes += size
      if (received < task.records || tally.complete) return
      tally.complete = true
      measurement = stopwatch?.stop(received)
    },
  }
  await client.consume(task, tally)
  if (measurement === undefined) throw new Error(`It never had its partitions, or got only ${received} records`)
  if (bytes !== received * task.valueSize) throw new Error(`${received} records had ${bytes} bytes`)
  return measurement
}

function payload(): Payload {
  const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(`user-${String(i).padStart(11, '0')}`))
  return { keys, value: Buffer.alloc(task.valueSize, 'x') }
}
