import { DecodeError } from '../../protocol/errors.ts'
import {
  checkCrc,
  checkInnerCrcs,
  type RecordBatch,
  type RecordVisitor,
  readBatches,
  readControlRecord,
  recordData,
  visitRecords,
} from '../../protocol/records/index.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { Message, type MessageBlock } from './message.ts'
import type { TopicPartition } from './topic-partition.ts'

/** How batches are read: options of the consumer. */
export interface ReadingOptions {
  readonly checkCrcs: boolean
  readonly maxDecompressedBytes: number
}

/** A record batch as it was fetched; nothing but its header has been looked at until `decode()`. */
export interface FetchedBatch {
  /** What it occupies in the fetched answer. */
  readonly byteLength: number
  readonly baseOffset: number
  /** The place after it. */
  readonly nextOffset: number
  /**
   * Its messages from `position` on, without those that nobody may see. A promise only while threads decompress.
   * @throws DecodeError if the bytes are corrupt; with the code `MESSAGE_TOO_LARGE` if they are more than the consumer allows
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
  readonly #options: ReadingOptions

  constructor(
    origin: TopicPartition,
    batch: RecordBatch,
    baseOffset: number,
    aborted: AbortedTransactions | null,
    options: ReadingOptions,
  ) {
    this.byteLength = batch.bytes.length
    this.baseOffset = baseOffset
    this.nextOffset = batch.nextOffset
    this.#origin = origin
    this.#batch = batch
    this.#aborted = aborted
    this.#options = options
  }

  decode(position: number): Message[] | Promise<Message[]> {
    const batch = this.#batch
    if (this.#options.checkCrcs) checkCrc(batch)
    if (batch.isControl) {
      this.#readMarker()
      return []
    }
    if (batch.isTransactional && this.#aborted?.hides(batch.producerId, batch.lastOffset)) return []
    if (batch.recordCount === 0 || batch.lastOffset < position) return []
    const data = this.#recordData()
    return data instanceof Promise
      ? data.then((bytes) => this.#messages(bytes, position))
      : this.#messages(data, position)
  }

  #recordData(): Buffer | Promise<Buffer> {
    try {
      const data = recordData(this.#batch, this.#options.maxDecompressedBytes)
      return data instanceof Promise ? data.catch((error: unknown) => Promise.reject(this.#refusal(error))) : data
    } catch (error) {
      throw this.#refusal(error)
    }
  }

  #refusal(cause: unknown): unknown {
    return cause instanceof DecodeError && cause.code === 'MESSAGE_TOO_LARGE' ? this.#tooLarge(cause) : cause
  }

  /** The user must learn what to do about it; nothing else ends it. */
  #tooLarge(cause: DecodeError): DecodeError {
    const { topic, partition } = this.#origin
    const { baseOffset: offset, nextOffset } = this
    const { maxDecompressedBytes } = this.#options
    const batch = `The batch at offset ${offset} of ${topic}-${partition} (compression: ${this.#batch.compression})`
    const limit = `the ${maxDecompressedBytes} bytes of option 'maxDecompressedBytes'`
    return new DecodeError(
      `${batch} needs more than ${limit}, each message counted with 128 beside its bytes and each header with 64; raise it, or seek to ${nextOffset} to pass over the batch`,
      { code: 'MESSAGE_TOO_LARGE', topic, partition, offset, nextOffset, cause },
    )
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
    if (this.#options.checkCrcs) checkInnerCrcs(batch, data)
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
    let next = position
    const keep: RecordVisitor = (
      offset,
      timestamp,
      keyStart,
      keyLength,
      valueStart,
      valueLength,
      headersStart,
      headerCount,
    ) => {
      // A broken producer can repeat an offset. Java's consumer, too, delivers the first record that has it.
      if (offset < next) return
      next = offset + 1
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
    }
    try {
      visitRecords(batch, data, keep, this.#options.maxDecompressedBytes)
    } catch (error) {
      throw this.#refusal(error)
    }
    // A compressed message at offset 0 can hold several, as a producer wrote them. In a log that one alone has a place.
    const last = messages.length === 0 ? -1 : messages[messages.length - 1].offset
    if (last >= this.nextOffset) {
      throw new DecodeError(
        `The message at offset ${this.baseOffset} (format ${batch.magic}) holds one with the offset ${last}`,
        { offset: this.baseOffset, position: 0 },
      )
    }
    return messages
  }
}

/** Stands where the rest of an answer is unreadable: whoever comes to this place gets the error. */
class UnreadableBatch implements FetchedBatch {
  readonly byteLength: number
  readonly baseOffset: number
  readonly nextOffset: number
  readonly #error: unknown

  constructor(offset: number, byteLength: number, error: unknown) {
    this.byteLength = byteLength
    this.baseOffset = offset
    this.nextOffset = offset
    this.#error = error
  }

  decode(): never {
    throw this.#error
  }
}

/**
 * Splits the records of one partition's answer into its batches. An incomplete last one is left out, but an answer that is
 * not empty begins with a whole one (KIP-74): if not, its length is broken, and to ask again would bring the same.
 */
export function splitRecords(
  origin: TopicPartition,
  records: Buffer,
  fetchOffset: number,
  aborted: AbortedTransactions | null,
  options: ReadingOptions,
): FetchedBatch[] {
  const batches: FetchedBatch[] = []
  let next = fetchOffset
  try {
    for (const batch of readBatches(records)) {
      // Where a compressed message of an old format begins, only its inside tells: not before what came before it.
      const baseOffset = batch.recordCount < 0 ? Math.min(next, batch.lastOffset) : batch.baseOffset
      batches.push(new DataBatch(origin, batch, baseOffset, aborted, options))
      next = Math.max(next, batch.nextOffset)
    }
    if (batches.length === 0 && records.length > 0) {
      const { topic, partition } = origin
      throw new DecodeError(
        `The ${records.length} bytes that were fetched of ${topic}-${partition} at offset ${fetchOffset} hold no whole record batch`,
        { topic, partition, offset: fetchOffset, position: 0 },
      )
    }
  } catch (error) {
    // It counts as what has been fetched, so that asking for it again and again comes to an end while nobody takes it.
    const rest = batches.reduce((left, { byteLength }) => left - byteLength, records.length)
    batches.push(new UnreadableBatch(next, rest, error))
  }
  return batches
}
