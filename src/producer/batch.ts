import {
  type CompressionType,
  type HeaderList,
  RecordBatchBuilder,
  type RecordField,
  stampProducer,
} from '../../protocol/records/index.ts'
import type { KafkaError } from '../errors.ts'
import type { Delivery } from './delivery.ts'
import type { FlushBarrier } from './flush-barrier.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** What a broker tells a repeated batch by. */
export interface ProducerStamp {
  readonly producerId: number
  readonly epoch: number
}

/**
 * The records of one partition that travel together, from the first `append` to the outcome. Who waits for which
 * record stands in parallel arrays: a record costs three array slots here, and no object.
 */
export class ProducerBatch {
  readonly queue: PartitionQueue
  readonly createdAt: number
  /** When its records must have an outcome, on the monotonic clock: the earliest of theirs. */
  deadline = Infinity
  /** Times that it was put into a request. */
  attempts = 0
  /** Sequence of its first record; −1 until it has one. */
  sequence = -1
  /** What the sequence belongs to. */
  stamp: ProducerStamp | null = null
  /** An attempt ended without an answer, or with one by which the records may be in the log. */
  maybeWritten = false
  /** It is in a request that has not been answered. */
  awaitsAnswer = false
  /** Its records have an outcome; only its place in the sequence still matters. */
  settled = false
  /** Why it was not delivered so far. */
  lastError: KafkaError | null = null
  /** It and its neighbours in the list of those without an outcome. */
  incomplete = false
  older: ProducerBatch | null = null
  newer: ProducerBatch | null = null
  /** Those who wait in `flush()` for it. */
  barriers: FlushBarrier[] | null = null
  /** Bytes of memory that it is charged with. */
  memory = 0
  /** When it was first put into a request. */
  firstSentAt = 0
  #builder: RecordBatchBuilder | null
  #bytes: Buffer | null = null
  #plainSize = 0
  #stamped = false
  #released = false
  readonly #deliveries: Delivery[] = []
  readonly #indices: number[] = []
  readonly #timestamps: number[] = []

  constructor(queue: PartitionQueue, createdAt: number, storage?: Buffer) {
    this.queue = queue
    this.createdAt = createdAt
    this.#builder = new RecordBatchBuilder(storage)
  }

  get topic(): string {
    return this.queue.topic
  }

  get partition(): number {
    return this.queue.partition
  }

  get count(): number {
    return this.#deliveries.length
  }

  /** Bytes of its records before compression, with the batch's header. */
  get plainSize(): number {
    return this.#builder?.size ?? this.#plainSize
  }

  /** Whether the cluster can have its records, as long as they are not acknowledged. */
  get persisted(): 'no' | 'maybe' {
    return this.maybeWritten || this.awaitsAnswer ? 'maybe' : 'no'
  }

  /** The sealed batch; null while records can be added, or while it is being compressed. */
  get bytes(): Buffer | null {
    return this.#bytes
  }

  /** Memory that it holds now. */
  get capacity(): number {
    return (this.#builder?.buffer ?? this.#bytes)?.length ?? 0
  }

  append(
    timestamp: number,
    key: RecordField,
    value: RecordField,
    headers: HeaderList | null,
    delivery: Delivery,
    index: number,
    deadline: number,
  ): void {
    this.#builder!.append(timestamp, key, value, headers)
    this.#deliveries.push(delivery)
    this.#indices.push(index)
    this.#timestamps.push(timestamp)
    if (deadline < this.deadline) this.deadline = deadline
  }

  /**
   * Completes the batch; nothing can be added any more.
   * @param stampedLater the checksum is left to {@link stampWith}
   * @returns a promise if it is being compressed off the main thread
   */
  seal(compression: CompressionType, level: number | undefined, stampedLater: boolean): void | Promise<void> {
    const builder = this.#builder!
    this.#plainSize = builder.size
    // A codec that fails, for want of memory, is no reason not to send: the batch goes as it is.
    const sealPlain = (): void => {
      this.#sealed(builder, builder.seal({ compression: 'none', stampedLater }) as Buffer)
    }
    try {
      const sealed = builder.seal({ compression, level, stampedLater })
      if (sealed instanceof Promise) return sealed.then((bytes) => this.#sealed(builder, bytes), sealPlain)
      this.#sealed(builder, sealed)
    } catch {
      sealPlain()
    }
  }

  /** Gives back the memory for use by another batch, if the batch owns it alone; the batch is of no use then. */
  takeStorage(): Buffer | null {
    this.#released = true
    const storage = this.#builder?.buffer ?? this.#bytes
    this.#builder = null
    this.#bytes = null
    return storage
  }

  /** Writes producer id, epoch and sequence into the sealed batch. */
  stampWith(stamp: ProducerStamp, sequence: number): void {
    if (this.#stamped && this.stamp === stamp && this.sequence === sequence) return
    this.stamp = stamp
    this.sequence = sequence
    this.#stamped = true
    stampProducer(this.#bytes!, stamp.producerId, stamp.epoch, sequence)
  }

  /** Takes its place in the sequence away: it will get another. */
  unstamp(): void {
    this.stamp = null
    this.sequence = -1
  }

  timestamp(i: number): number {
    return this.#timestamps[i]
  }

  delivery(i: number): Delivery {
    return this.#deliveries[i]
  }

  deliveryIndex(i: number): number {
    return this.#indices[i]
  }

  /** All records are written, the first at `baseOffset`, which is −1 if nobody knows. */
  succeed(baseOffset: number, logAppendTime: number): void {
    if (this.settled) return
    this.settled = true
    const { topic, partition } = this
    for (let i = 0; i < this.#deliveries.length; i++) {
      this.#deliveries[i].succeeded(this.#indices[i], {
        topic,
        partition,
        offset: baseOffset === -1 ? -1 : baseOffset + i,
        timestamp: logAppendTime === -1 ? this.#timestamps[i] : logAppendTime,
      })
    }
  }

  fail(error: KafkaError): void {
    if (this.settled) return
    this.settled = true
    for (let i = 0; i < this.#deliveries.length; i++) this.#deliveries[i].failed(this.#indices[i], error)
  }

  #sealed(builder: RecordBatchBuilder, bytes: Buffer): void {
    // It may have expired while it was being compressed.
    if (this.#released) return
    this.#bytes = bytes
    // Uncompressed, the batch lies in the builder's memory, which is the larger of the two and the one to give back.
    if (bytes.buffer !== builder.buffer.buffer) this.#builder = null
  }
}
