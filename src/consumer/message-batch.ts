import type { Message } from './message.ts'
import type { TopicPartitionOffset } from './topic-partition.ts'

/**
 * A run of one partition's messages in offset order: an array of them that also knows where it comes from.
 * Its bounds have nothing to do with those of the record batches in the log.
 */
export class MessageBatch<K = Buffer, V = Buffer> extends Array<Message<K, V>> {
  // What `map` and `filter` make is no run of a partition any more.
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  // Not enumerable: a batch prints, compares and serialises as the array of its messages.
  declare readonly topic: string
  declare readonly partition: number
  /** Offset after the last message of the partition that was replicated when this batch was fetched. */
  declare readonly highWatermark: number
  #next: TopicPartitionOffset

  /** @internal */
  constructor(topic: string, partition: number, highWatermark: number) {
    super()
    Object.defineProperties(this, {
      topic: { value: topic },
      partition: { value: partition },
      highWatermark: { value: highWatermark },
    })
    this.#next = { topic, partition, offset: -1 }
  }

  /** The next offset to read after this batch, as `commit` and a transaction's `sendOffsets` take it. */
  get offsets(): TopicPartitionOffset[] {
    return [{ ...this.#next }]
  }

  /** @internal Called once the batch is complete; `offset` may lie beyond the last message where the log was compacted. */
  static complete<K, V>(batch: MessageBatch<K, V>, offset: number): MessageBatch<K, V> {
    const last = batch[batch.length - 1]
    batch.#next = { topic: batch.topic, partition: batch.partition, offset, leaderEpoch: last.leaderEpoch }
    return batch
  }
}
