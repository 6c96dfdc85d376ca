import { Kafka } from 'kafka-wire'
import { FloorProducer } from '../floor/producer.ts'

export const PARTITIONS = 6
/** Of one batch: about 1000 records with values of 100 bytes. */
const FILL_BATCH_BYTES = 128 * 1024
const RECORD_OVERHEAD = 24
const FILL_IN_FLIGHT = 5

/** The topics of a run: made, filled, counted and deleted. */
export class Topics {
  readonly #bootstrapServers: string
  readonly #kafka: Kafka
  readonly #prefix = `bench-${process.pid}-${Date.now().toString(36)}`
  readonly #names = new Set<string>()
  #made = 0

  constructor(bootstrapServers: string) {
    this.#bootstrapServers = bootstrapServers
    this.#kafka = new Kafka({ bootstrapServers })
  }

  async create(): Promise<string> {
    const name = `${this.#prefix}-${this.#made++}`
    // What is deleted must not be lying on the disk for another minute.
    const configs = { 'file.delete.delay.ms': '1000' }
    await this.#kafka.admin().createTopics([{ name, numPartitions: PARTITIONS, replicationFactor: 1, configs }])
    this.#names.add(name)
    // The broker answers before it leads the new partitions, and the floor does not try again.
    await this.count(name)
    return name
  }

  /** A topic to read. The floor writes it, so that no client reads the batches of its own making. */
  async createFilled(records: number, valueSize: number): Promise<string> {
    const topic = await this.create()
    const producer = await FloorProducer.open(this.#bootstrapServers, topic, PARTITIONS)
    const value = Buffer.alloc(valueSize, 'x')
    const perSend = PARTITIONS * Math.ceil(FILL_BATCH_BYTES / (valueSize + RECORD_OVERHEAD))
    let next = 0
    const loop = async (): Promise<void> => {
      while (next < records) {
        const first = next
        const count = Math.min(perSend, records - first)
        next += count
        await producer.send(Array.from({ length: count }, (_, i) => ({ key: keyOf(first + i), value })))
      }
    }
    await Promise.all(Array.from({ length: FILL_IN_FLIGHT }, loop))
    producer.close()
    return topic
  }

  /** Records in the topic, by the broker's own account. */
  async count(topic: string): Promise<number> {
    const consumer = this.#kafka.consumer()
    try {
      const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
      return (await consumer.endOffsets(partitions)).reduce((sum, { offset }) => sum + offset, 0)
    } finally {
      await consumer.close()
    }
  }

  async delete(topic: string): Promise<void> {
    this.#names.delete(topic)
    await this.#kafka.admin().deleteTopics([topic])
  }

  /** Deletes what is left. */
  async close(): Promise<void> {
    try {
      for (const topic of this.#names) await this.delete(topic)
    } finally {
      await this.#kafka.close()
    }
  }
}

function keyOf(i: number): Buffer {
  return Buffer.from(`user-${String(i & 4095).padStart(11, '0')}`)
}
