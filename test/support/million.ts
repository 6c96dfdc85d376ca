import { Kafka, type Message } from 'kafka-wire'

// Produces a million records of 100 bytes while a group of two reads them, in a process of its own whose memory can be
// measured: `million.ts <bootstrap servers> <topic> <group>`, with --expose-gc. Prints one line of JSON.

const RECORDS = 1_000_000
const PER_CALL = 1000
const OUTSTANDING = 5
const PARTITIONS = 6
const KEYS = 1000
const VALUE_BYTES = 100

export interface MillionReport {
  records: number
  /** How many records came a second time. */
  repeated: number
  /** How many records came after a later one of their partition. */
  disordered: number
  /** How many did not have the bytes that were sent. */
  damaged: number
  /** Records by member of the group. */
  shares: number[]
  rssAtFifth: number
  rssAtEnd: number
}

const [, , bootstrapServers, topic, groupId] = process.argv
const kafka = new Kafka({ bootstrapServers })
const seen = new Uint8Array(RECORDS)
const last = new Int32Array(PARTITIONS).fill(-1)
const report: MillionReport = {
  records: 0,
  repeated: 0,
  disordered: 0,
  damaged: 0,
  shares: [0, 0],
  rssAtFifth: 0,
  rssAtEnd: 0,
}

const filling = 'x'.repeat(VALUE_BYTES)
function valueNumber(number: number): string {
  return (String(number) + filling).slice(0, VALUE_BYTES)
}

function check({ partition, key, value }: Message): void {
  const text = String(value)
  const number = Number.parseInt(text, 10)
  if (text !== valueNumber(number) || String(key) !== `key-${number % KEYS}`) report.damaged++
  if (seen[number]++ > 0) report.repeated++
  else report.records++
  if (number <= last[partition]) report.disordered++
  last[partition] = number
}

/** Bytes of this process that are in memory, without what the next collection will free. */
function residentBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

const everythingRead = new AbortController()
const shared = Promise.withResolvers<void>()
const assigned = [0, 0]

async function read(member: number): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    topics: [topic],
    autoOffsetReset: 'earliest',
    onPartitionsAssigned: (partitions) => {
      assigned[member] = partitions.length
      if (assigned.every((count) => count === PARTITIONS / 2)) shared.resolve()
    },
  })
  try {
    for await (const batch of consumer.batches({ signal: everythingRead.signal })) {
      for (const message of batch) check(message)
      report.shares[member] += batch.length
      if (report.rssAtFifth === 0 && report.records >= RECORDS / 5) report.rssAtFifth = residentBytes()
      if (report.records === RECORDS) everythingRead.abort()
    }
  } catch (error) {
    if (!everythingRead.signal.aborted) throw error
  } finally {
    await consumer.close()
  }
}

async function write(): Promise<void> {
  const producer = kafka.producer()
  const calls: Promise<unknown>[] = []
  for (let start = 0; start < RECORDS; start += PER_CALL) {
    const records = Array.from({ length: PER_CALL }, (_, i) => {
      return { topic, key: `key-${(start + i) % KEYS}`, value: valueNumber(start + i) }
    })
    calls.push(producer.sendBatch(records))
    if (calls.length > OUTSTANDING) await calls.shift()
  }
  await Promise.all(calls)
}

await kafka.admin().createTopics([{ name: topic, numPartitions: PARTITIONS, replicationFactor: 1 }])
const reading = Promise.all([read(0), read(1)])
await Promise.race([shared.promise, reading])
await write()
await reading
report.rssAtEnd = residentBytes()
await kafka.close()
console.log(JSON.stringify(report))
