import type { TopicMetadata } from '../cluster/metadata.ts'
import { UsageError } from '../errors.ts'
import { describe } from '../options.ts'
import type { ProducerMessage } from './message.ts'

/** What a partitioner may look at: key and value as they were given to `send`, before serialisation. */
export interface PartitionerInput<K = never, V = never> {
  topic: string
  key: NonNullable<ProducerMessage<K, V>['key']> | null
  value: ProducerMessage<K, V>['value']
  headers: ProducerMessage<K, V>['headers']
  /** How many partitions the topic has. */
  partitions: number
}

/** Picks a partition, from 0 to `partitions - 1`. */
export type Partitioner<K = never, V = never> = (input: PartitionerInput<K, V>) => number

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995

/** MurmurHash2 of 32 bits with the seed of Kafka's Java client. */
export function murmur2(data: Uint8Array): number {
  const { length } = data
  let hash = SEED ^ length
  let i = 0
  for (const words = length & ~3; i < words; i += 4) {
    let k = data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24)
    k = Math.imul(k, M)
    k = Math.imul(k ^ (k >>> 24), M)
    hash = Math.imul(hash, M) ^ k
  }
  const rest = length & 3
  if (rest > 0) {
    if (rest === 3) hash ^= data[i + 2] << 16
    if (rest >= 2) hash ^= data[i + 1] << 8
    hash = Math.imul(hash ^ data[i], M)
  }
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}

const scratch = Buffer.allocUnsafeSlow(512)

/** The partition that Java's default partitioner picks for a key. */
export function partitionForKey(key: Uint8Array | string, partitions: number): number {
  // A non-negative number by dropping the sign, as Java does.
  return (murmur2(typeof key === 'string' ? utf8(key) : key) & 0x7fffffff) % partitions
}

/** The bytes of a text; valid until the next call. */
function utf8(text: string): Uint8Array {
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  if (text.length * 3 > scratch.length) return Buffer.from(text)
  return scratch.subarray(0, scratch.write(text))
}

/**
 * Spreads the records of one topic that have no key. It stays on one partition until that has got `bytes`, so
 * that batches fill, then moves to another at random (KIP-480, KIP-794); partitions without a leader are passed over.
 */
export class StickyPartitioner {
  readonly #bytes: number
  readonly #random: () => number
  #partition = -1
  #produced = 0

  constructor(bytes: number, random: () => number = Math.random) {
    this.#bytes = bytes
    this.#random = random
  }

  pick(topic: TopicMetadata): number {
    const stays = this.#produced < this.#bytes && this.#partition !== -1
    if (stays && this.#partition < topic.partitions.length && topic.partitions[this.#partition].leader !== -1) {
      return this.#partition
    }
    this.#produced = 0
    this.#partition = this.#next(topic)
    return this.#partition
  }

  /** Counts what was added to the partition picked last. */
  produced(bytes: number): void {
    this.#produced += bytes
  }

  #next({ partitions }: TopicMetadata): number {
    const led = partitions.filter((each) => each.leader !== -1)
    const among = led.length === 0 ? partitions : led
    // Another one than before, if there is another.
    const others = among.length === 1 ? among : among.filter((each) => each.partition !== this.#partition)
    return others[Math.floor(this.#random() * others.length)].partition
  }
}

/**
 * Asks the user's partitioner.
 * @throws UsageError if it throws, or returns what is not a partition of the topic
 */
export function customPartition(partitioner: Partitioner, message: ProducerMessage, partitions: number): number {
  const { topic, key = null, value, headers } = message
  let picked: unknown
  try {
    picked = partitioner({ topic, key, value, headers, partitions })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The partitioner threw for topic '${topic}': ${reason}`, { topic, cause: error })
  }
  if (Number.isInteger(picked) && (picked as number) >= 0 && (picked as number) < partitions) return picked as number
  throw new UsageError(
    `The partitioner must return an integer from 0 to ${partitions - 1} for topic '${topic}', got ${describe(picked)}`,
    { topic },
  )
}
