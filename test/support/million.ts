import { Kafka, type Message } from 'kafka-wire'

// Produces a million records of 100 bytes while a group of two reads them, in a process of its own whose memory can be
// measured: `million.ts <bootstrap servers> <topic> <group>`, with --expose-gc. Prints one line of JSON.
//
// It does so twice, and reports the second time. The first million takes about a second, in which V8's young generation
// doubles its size several times, to 160 MB of heap for 15 MB in use, whatever the program: measured from a fifth of that
// million on, growth is 60 to 120 MB, all of it V8's. What a client keeps shows only after that, and would show there.

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

const [, , bootstrapServers, topicName, groupName] = process.argv
const kafka = new Kafka({ bootstrapServers })

await roundTrip(`${topicName}-warm-up`, `${groupName}-warm-up`)
const report = await roundTrip(topicName, groupName)
await kafka.close()
console.log(JSON.stringify(report))

async function roundTrip(topic: string, groupId: string): Promise<MillionReport> {
  const seen = new Uint8Array(RECORDS)
  const last = new Int32Array(PARTITIONS).fill(-1)
  const everythingRead = new AbortController()
  const shared = Promise.withResolvers<void>()
  const assigned = [0, 0]
  const found = { records: 0, repeated: 0, disordered: 0, damaged: 0, shares: [0, 0], rssAtFifth: 0, rssAtEnd: 0 }

  function check({ partition, key, value }: Message): void {
    const text = String(value)
    const number = Number.parseInt(text, 10)
    if (text !== valueOfRecord(number) || String(key) !== `key-${number % KEYS}`) found.damaged++
    if (seen[number]++ > 0) found.repeated++
    else found.records++
    if (number <= last[partition]) found.disordered++
    last[partition] = number
  }

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
        found.shares[member] += batch.length
        if (found.rssAtFifth === 0 && found.records >= RECORDS / 5) found.rssAtFifth = residentBytes()
        if (found.records === RECORDS) everythingRead.abort()
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
        return { topic, key: `key-${(start + i) % KEYS}`, value: valueOfRecord(start + i) }
      })
      calls.push(producer.sendBatch(records))
      if (calls.length > OUTSTANDING) await calls.shift()
    }
    await Promise.all(calls)
    await producer.close()
  }

  await kafka.admin().createTopics([{ name: topic, numPartitions: PARTITIONS, replicationFactor: 1 }])
  const reading = Promise.all([read(0), read(1)])
  // Both have their share before the first record is written.
  await Promise.race([shared.promise, reading])
  await write()
  await reading
  found.rssAtEnd = residentBytes()
  return found
}

function valueOfRecord(number: number): string {
  return String(number).padEnd(VALUE_BYTES, 'x')
}

/** Bytes of this process that are in memory, without what the next collection will free. */
function residentBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}
