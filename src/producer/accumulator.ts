import type { HeaderList, RecordField } from '../../protocol/records/index.ts'
import type { KafkaError } from '../errors.ts'
import { monotonicNow } from '../retry.ts'
import { ProducerBatch } from './batch.ts'
import { BufferMemory } from './buffer-memory.ts'
import { BufferPool } from './buffer-pool.ts'
import type { Delivery } from './delivery.ts'
import { FlushBarrier } from './flush-barrier.ts'
import { IncompleteBatches } from './incomplete-batches.ts'
import type { ResolvedProducerOptions } from './options.ts'
import { PartitionQueue } from './partition-queue.ts'

/** A new batch begins with at most one part in so many of the memory that is free. */
const LARGEST_SHARE = 16

export type AccumulatorOptions = Pick<
  ResolvedProducerOptions,
  'batchSize' | 'bufferMemory' | 'maxBlockMs' | 'compressionType' | 'compressionLevel' | 'enableIdempotence'
> & { retryBackoffMs: number; retryBackoffMaxMs: number }

/** A record as it goes into a batch. */
export interface EncodableRecord {
  readonly timestamp: number
  readonly key: RecordField
  readonly value: RecordField
  readonly headers: HeaderList
}

/** A record, and who is told its outcome. */
export interface AppendableRecord extends EncodableRecord {
  /** Upper bound of its bytes in a batch. */
  readonly size: number
  readonly delivery: Delivery
  readonly index: number
}

/**
 * Where records wait for delivery: a queue of batches for each partition, and a bound on the memory of all. It does not
 * know who sends the batches, nor where to.
 */
export class Accumulator {
  readonly memory: BufferMemory
  /** Batches whose records have no outcome yet, oldest first. */
  readonly incomplete = new IncompleteBatches()
  /** A batch whose compression ran off the main thread can be sent now. */
  onSealed: (queue: PartitionQueue) => void = () => {}
  /** Every record has its outcome. */
  onIdle: () => void = () => {}
  readonly #options: AccumulatorOptions
  readonly #pool: BufferPool

  constructor(options: AccumulatorOptions) {
    this.#options = options
    this.memory = new BufferMemory(options.bufferMemory, options.maxBlockMs)
    this.#pool = new BufferPool(Math.floor(options.bufferMemory / 4))
  }

  queue(topic: string, partition: number): PartitionQueue {
    const { batchSize, retryBackoffMs, retryBackoffMaxMs } = this.#options
    return new PartitionQueue(topic, partition, batchSize, {
      backoffMs: retryBackoffMs,
      backoffMaxMs: retryBackoffMaxMs,
    })
  }

  /**
   * Encodes a record into its partition's open batch. The caller has made sure that there is room.
   * @param deadline when it must have an outcome, on the monotonic clock
   * @returns true if the partition has something to send now that it had not before
   */
  append(queue: PartitionQueue, record: AppendableRecord, deadline: number): boolean {
    let batch = queue.open
    let ready = false
    if (batch !== null && batch.plainSize + record.size > queue.batchLimit) {
      this.close(queue)
      batch = null
      ready = true
    }
    batch ??= this.#newBatch(queue)
    const { timestamp, key, value, headers, delivery, index } = record
    batch.append(timestamp, key, value, headers, delivery, index, deadline)
    // Only now, as an empty batch that a failed encoding left behind would never be sent.
    if (queue.open === null) {
      queue.open = batch
      this.incomplete.add(batch)
      ready = true
    }
    this.#recharge(batch)
    return ready
  }

  /** Ends the open batch of a partition: it is sealed, and compressed if that is asked for. */
  close(queue: PartitionQueue): void {
    const batch = queue.open
    if (batch === null) return
    queue.closeOpen()
    queue.lastSize = batch.plainSize
    this.#seal(queue, batch)
  }

  /** Closes every open batch; opens when all batches of now have an outcome. */
  flush(onReady: (queue: PartitionQueue) => void): Promise<void> {
    const barrier = new FlushBarrier()
    for (const batch of this.incomplete) {
      const { queue } = batch
      batch.barriers ??= []
      batch.barriers.push(barrier)
      barrier.add()
      if (queue.open === batch) {
        this.close(queue)
        onReady(queue)
      }
    }
    barrier.close()
    return barrier.opened
  }

  /** The records of a batch have their outcome. */
  completed(batch: ProducerBatch): void {
    if (!this.incomplete.delete(batch)) return
    for (const barrier of batch.barriers ?? []) barrier.done()
    batch.barriers = null
    if (this.incomplete.size === 0) this.onIdle()
  }

  /**
   * The batch needs its memory no more.
   * @param reusable nobody reads it any more: it was written to the socket and answered
   */
  release(batch: ProducerBatch, reusable: boolean): void {
    const storage = batch.takeStorage()
    if (reusable && storage !== null) this.#pool.give(storage)
    const { memory } = batch
    batch.memory = 0
    this.memory.release(memory)
  }

  /**
   * Makes new batches of a batch's records, not put in line yet; whoever waits for it waits for them.
   * @param groups which of the records go together
   */
  split(batch: ProducerBatch, records: readonly EncodableRecord[], groups: readonly number[][]): ProducerBatch[] {
    const { queue } = batch
    const parts = groups.map((group) => {
      const part = this.#newBatch(queue, batch.createdAt)
      for (const index of group) {
        const { timestamp, key, value, headers } = records[index]
        part.append(timestamp, key, value, headers, batch.delivery(index), batch.deliveryIndex(index), batch.deadline)
      }
      return part
    })
    for (const part of parts) {
      this.incomplete.add(part)
      this.#recharge(part)
      for (const barrier of batch.barriers ?? []) {
        part.barriers ??= []
        part.barriers.push(barrier)
        barrier.add()
      }
      part.attempts = batch.attempts
      part.maybeWritten = batch.maybeWritten
      part.firstSentAt = batch.firstSentAt
      this.#seal(queue, part)
    }
    batch.settled = true
    this.completed(batch)
    return parts
  }

  /** Fails whatever has no outcome. */
  failAll(errorFor: (batch: ProducerBatch) => KafkaError): void {
    this.memory.close()
    for (const batch of [...this.incomplete]) {
      batch.queue.discard(batch)
      batch.fail(errorFor(batch))
      this.completed(batch)
    }
  }

  #newBatch(queue: PartitionQueue, createdAt = monotonicNow()): ProducerBatch {
    // Large to begin with where the last one was, but many partitions that have become quiet must not take up everything.
    const bytes = Math.min(queue.lastSize, this.memory.available / LARGEST_SHARE)
    return new ProducerBatch(queue, createdAt, this.#pool.take(bytes))
  }

  #seal(queue: PartitionQueue, batch: ProducerBatch): void {
    const { compressionType, compressionLevel, enableIdempotence } = this.#options
    const sealing = batch.seal(compressionType, compressionLevel, enableIdempotence)
    if (sealing === undefined) {
      this.#recharge(batch)
      return
    }
    sealing.then(() => {
      this.#recharge(batch)
      this.onSealed(queue)
    })
  }

  /** Charges a batch with the memory that it holds by now. */
  #recharge(batch: ProducerBatch): void {
    const difference = batch.capacity - batch.memory
    if (difference === 0) return
    batch.memory += difference
    if (difference > 0) this.memory.charge(difference)
    else this.memory.release(-difference)
  }
}
