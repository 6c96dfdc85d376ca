import {
  checkCrc,
  type RecordBatch,
  readBatches,
  readControlRecord,
  recordData,
  visitRecords,
} from '../../protocol/records/index.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { Message, type MessageBlock } from './message.ts'
import type { TopicPartition } from './topic-partition.ts'

/** No batch may grow beyond this when it is decompressed: a few hostile kilobytes could claim gigabytes. */
const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** A record batch as it was fetched; nothing but its header has been looked at until `decode()`. */
export interface FetchedBatch {
  /** What it occupies in the fetched answer. */
  readonly byteLength: number
  readonly baseOffset: number
  /** The place after it. */
  readonly nextOffset: number
  /**
   * Its messages from `position` on, without those that nobody may see. A promise only while threads decompress.
   * @throws DecodeError if the bytes are corrupt
   */
  decode(position: number): Message[] | Promise<Message[]>
}

class DataBatch implements FetchedBatch {
  readonly byteLength: number
  readonly baseOffset: number
  readonly nextOffset: number
  readonly #origin: TopicPartition
  readonly #batch: RecordBatch
  /** Null if aborted records are to be seen. */
  readonly #aborted: AbortedTransactions | null
  readonly #checkCrcs: boolean

  constructor(origin: TopicPartition, batch: RecordBatch, aborted: AbortedTransactions | null, checkCrcs: boolean) {
    this.byteLength = batch.bytes.length
    this.baseOffset = batch.baseOffset
    this.nextOffset = batch.nextOffset
    this.#origin = origin
    this.#batch = batch
    this.#aborted = aborted
    this.#checkCrcs = checkCrcs
  }

  decode(position: number): Message[] | Promise<Message[]> {
    const batch = this.#batch
    if (this.#checkCrcs) checkCrc(batch)
    if (batch.isControl) {
      this.#readMarker()
      return []
    }
    if (batch.isTransactional && this.#aborted?.hides(batch.producerId, batch.lastOffset)) return []
    if (batch.recordCount === 0 || batch.lastOffset < position) return []
    const data = recordData(batch, MAX_DECOMPRESSED_BYTES)
    return data instanceof Promise
      ? data.then((bytes) => this.#messages(bytes, position))
      : this.#messages(data, position)
  }

  #readMarker(): void {
    // Compaction can leave a control batch without its record; the transaction's data is gone then, too.
    if (this.#aborted === null || this.#batch.recordCount === 0) return
    if (readControlRecord(this.#batch).type === 'ABORT') {
      this.#aborted.endOfTransaction(this.#batch.producerId, this.#batch.baseOffset)
    }
  }

  #messages(data: Buffer, position: number): Message[] {
    const batch = this.#batch
    // All records of a LogAppendTime batch have its largest timestamp.
    const baseTimestamp = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : batch.baseTimestamp
    const block: MessageBlock = {
      topic: this.#origin.topic,
      partition: this.#origin.partition,
      leaderEpoch: batch.partitionLeaderEpoch,
      timestampType: batch.timestampType,
      baseTimestamp,
      data,
    }
    const messages: Message[] = []
    visitRecords(
      batch,
      data,
      (offset, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, headerCount) => {
        if (offset < position) return
        messages.push(
          new Message(
            block,
            offset,
            timestamp - baseTimestamp,
            keyStart,
            keyLength,
            valueStart,
            valueLength,
            headersStart,
            headerCount,
          ),
        )
      },
    )
    return messages
  }
}

/** Stands where the rest of an answer is unreadable: whoever comes to this place gets the error. */
class UnreadableBatch implements FetchedBatch {
  readonly byteLength = 0
  readonly baseOffset: number
  readonly nextOffset: number
  readonly #error: unknown

  constructor(offset: number, error: unknown) {
    this.baseOffset = offset
    this.nextOffset = offset
    this.#error = error
  }

  decode(): never {
    throw this.#error
  }
}

/** Splits the records of one partition's answer into its batches; an incomplete last one is left out. */
export function splitRecords(
  origin: TopicPartition,
  records: Buffer,
  fetchOffset: number,
  aborted: AbortedTransactions | null,
  checkCrcs: boolean,
): FetchedBatch[] {
  const batches: FetchedBatch[] = []
  let next = fetchOffset
  try {
    for (const batch of readBatches(records)) {
      batches.push(new DataBatch(origin, batch, aborted, checkCrcs))
      next = Math.max(next, batch.nextOffset)
    }
  } catch (error) {
    batches.push(new UnreadableBatch(next, error))
  }
  return batches
}
