import { DecodeError } from '../errors.ts'
import { asBuffer } from '../input-bytes.ts'
import { type CompressionType, codecs, compressionOf, decompressOldLz4 } from './compression/index.ts'
import { crc32c } from './crc32c.ts'
import { MESSAGE_CRC, messageChecksum, minMessageSize, readMessage, wrappedData } from './message-set.ts'
import { needsTooMuch, RECORD_MEMORY } from './object-memory.ts'
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  BATCH_LENGTH,
  COMPRESSION_MASK,
  CONTROL,
  CRC,
  DELETE_HORIZON,
  LAST_OFFSET_DELTA,
  LENGTH_OVERHEAD,
  LOG_APPEND_TIME,
  MAGIC,
  MAX_OFFSET,
  MAX_TIMESTAMP,
  PARTITION_LEADER_EPOCH,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  RECORD_COUNT,
  RECORDS,
  readInt64,
  TRANSACTIONAL,
} from './record-batch-layout.ts'

export type TimestampType = 'CreateTime' | 'LogAppendTime'

/**
 * The header of a record batch (magic 2), read; its records stay bytes. A message of format 0 or 1, from before Kafka 0.11,
 * is a batch of its own: of one record, or of those that are compressed in it.
 */
export interface RecordBatch {
  /** Offset of the first record. Of a compressed message of format 0 or 1 it is the last one's: the first is inside. */
  readonly baseOffset: number
  /** Offset of the last record that the batch was made with; compaction may have removed that record since. */
  readonly lastOffset: number
  /** The offset to go on at after this batch. */
  readonly nextOffset: number
  /** −1 if unknown. */
  readonly partitionLeaderEpoch: number
  readonly magic: number
  /** CRC-32C; before magic 2 CRC-32. */
  readonly crc: number
  readonly compression: CompressionType
  /** Messages of format 0 have no timestamp: it reads as `CreateTime` with −1. */
  readonly timestampType: TimestampType
  readonly isTransactional: boolean
  /** Holds a transaction marker and nothing for users. */
  readonly isControl: boolean
  readonly hasDeleteHorizon: boolean
  /** What the timestamps of the records count from, in ms since the epoch. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** −1 without idempotence. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  /** −1 for a compressed message of format 0 or 1: its records are counted when they are visited. */
  readonly recordCount: number
  /** The whole batch: a view on the bytes it was read from. */
  readonly bytes: Buffer
}

/** A record takes at least this: one byte each for length, attributes, two deltas, two lengths and the header count. */
const MIN_RECORD_BYTES = 7
const NO_BYTES = Buffer.alloc(0)

export interface ReadBatchesOptions {
  /**
   * What becomes of a last batch that is cut off. Default `leave`: it is left out, for Fetch answers end so where they reach
   * their limit. With `error` it is a DecodeError whose `position` is where the whole batches end, for readers of files.
   */
  readonly partial?: 'leave' | 'error'
}

/**
 * The batches in the `records` of a Fetch answer, or in a segment of a log, one after another. Old segments hold messages
 * of formats 0 and 1, which may come before record batches in one answer.
 * @throws DecodeError if what follows is neither; batches before it have been yielded. `position` lies in `records`, `offset`
 *   is what stands where the batch has it
 */
export function readBatches(
  records: Uint8Array,
  options: ReadBatchesOptions = {},
): Generator<RecordBatch, void, undefined> {
  const { partial = 'leave' } = options
  if (partial !== 'leave' && partial !== 'error') {
    throw new DecodeError("readBatches: partial must be 'leave' or 'error'", { code: 'INVALID_ARGUMENT' })
  }
  return batchesIn(asBuffer(records, 'Record batches'), partial === 'error')
}

function* batchesIn(records: Buffer, isWhole: boolean): Generator<RecordBatch, void, undefined> {
  let at = 0
  while (at + MAGIC < records.length) {
    const batchLength = records.readInt32BE(at + BATCH_LENGTH)
    const magic = records[at + MAGIC]
    if (magic > 2) throw malformed(`unknown message format ${magic}`, at, readInt64(records, at))
    const minLength = magic < 2 ? minMessageSize(magic) : RECORDS - LENGTH_OVERHEAD
    if (batchLength < minLength) {
      const reason = isZero(records, at)
        ? 'only zeros follow, as at the end of a segment that was preallocated'
        : `a batch cannot have a length of ${batchLength}`
      throw malformed(reason, at, readInt64(records, at))
    }
    const end = at + LENGTH_OVERHEAD + batchLength
    if (end > records.length) break
    const bytes = records.subarray(at, end)
    yield magic < 2 ? readMessage(bytes, at) : readBatch(bytes, at)
    at = end
  }
  const left = records.length - at
  if (!isWhole || left === 0) return
  const much = left === 1 ? '1 byte' : `${left} bytes`
  const offset = left < BATCH_LENGTH ? undefined : readInt64(records, at)
  throw new DecodeError(`The record batch at byte ${at} is cut off after ${much}`, { position: at, offset })
}

function isZero(bytes: Buffer, from: number): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}

function readBatch(bytes: Buffer, at: number): RecordBatch {
  const baseOffset = readInt64(bytes, BASE_OFFSET)
  const attributes = bytes.readInt16BE(ATTRIBUTES)
  const compression = compressionOf(attributes & COMPRESSION_MASK)
  if (compression === undefined) throw malformed(`unknown compression ${attributes & COMPRESSION_MASK}`, at, baseOffset)
  const lastOffsetDelta = bytes.readInt32BE(LAST_OFFSET_DELTA)
  const recordCount = bytes.readInt32BE(RECORD_COUNT)
  if (baseOffset < 0 || baseOffset > MAX_OFFSET) throw malformed(`an offset cannot be ${baseOffset}`, at, baseOffset)
  if (lastOffsetDelta < 0) {
    throw malformed(`the last offset cannot lie ${-lastOffsetDelta} before the first`, at, baseOffset)
  }
  if (recordCount < 0 || recordCount > lastOffsetDelta + 1) {
    throw malformed(`${lastOffsetDelta + 1} offsets cannot hold ${recordCount} records`, at, baseOffset)
  }
  if (compression === 'none' && recordCount * MIN_RECORD_BYTES > bytes.length - RECORDS) {
    throw malformed(`${recordCount} records do not fit into ${bytes.length - RECORDS} bytes`, at, baseOffset)
  }
  const lastOffset = baseOffset + lastOffsetDelta
  return {
    baseOffset,
    lastOffset,
    nextOffset: lastOffset + 1,
    partitionLeaderEpoch: bytes.readInt32BE(PARTITION_LEADER_EPOCH),
    magic: bytes[MAGIC],
    crc: bytes.readUInt32BE(CRC),
    compression,
    timestampType: (attributes & LOG_APPEND_TIME) === 0 ? 'CreateTime' : 'LogAppendTime',
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    hasDeleteHorizon: (attributes & DELETE_HORIZON) !== 0,
    baseTimestamp: readInt64(bytes, BASE_TIMESTAMP),
    maxTimestamp: readInt64(bytes, MAX_TIMESTAMP),
    producerId: readInt64(bytes, PRODUCER_ID),
    producerEpoch: bytes.readInt16BE(PRODUCER_EPOCH),
    baseSequence: bytes.readInt32BE(BASE_SEQUENCE),
    recordCount,
    bytes,
  }
}

/**
 * Compares the checksum of a batch, or of a message of format 0 or 1. What is compressed in such a message has checksums of
 * its own besides: see `checkInnerCrcs`.
 * @throws DecodeError `CORRUPT_MESSAGE` when the bytes are not those that the checksum was made of, with `offset`, and
 *   `position` in `batch.bytes`
 */
export function checkCrc(batch: RecordBatch): void {
  const actual = batch.magic < 2 ? messageChecksum(batch) : crc32c(batch.bytes, ATTRIBUTES, batch.bytes.length)
  if (actual === batch.crc) return
  throw new DecodeError(
    `The record batch at offset ${batch.baseOffset} is corrupt: its checksum is ${hex(batch.crc)}, its bytes make ${hex(actual)}`,
    { code: 'CORRUPT_MESSAGE', offset: batch.baseOffset, position: batch.magic < 2 ? MESSAGE_CRC : CRC },
  )
}

/**
 * The records of a batch as plain bytes: a view if they are not compressed, and none if it has no records, as compaction
 * can leave it.
 * @param maxBytes the most that they may take decompressed, or by their number in memory (see `visitRecords`). Nothing is
 *   refused that is not compressed
 * @returns a promise only where much is decompressed with gzip or zstd, off the main thread
 * @throws DecodeError on bytes that do not decompress; with the code `MESSAGE_TOO_LARGE` on more than `maxBytes`. `offset` is
 *   the batch's, `position` lies in `batch.bytes`
 */
export function recordData(batch: RecordBatch, maxBytes: number): Buffer | Promise<Buffer> {
  const { magic, bytes, compression } = batch
  if (batch.recordCount === 0) return NO_BYTES
  if (compression === 'none') return magic < 2 ? bytes : bytes.subarray(RECORDS)
  if (batch.recordCount * RECORD_MEMORY > maxBytes) throw needsTooMuch(batch, RECORD_COUNT, maxBytes)
  const data = magic < 2 ? wrappedData(batch) : bytes.subarray(RECORDS)
  const decompress = magic === 0 && compression === 'lz4' ? decompressOldLz4 : codecs[compression].decompress
  // Compressed data is the end of a batch, whatever its format.
  const start = bytes.length - data.length
  try {
    const plain = decompress(data, maxBytes)
    return plain instanceof Promise
      ? plain.catch((error: unknown) => Promise.reject(located(error, batch, start)))
      : plain
  } catch (error) {
    throw located(error, batch, start)
  }
}

function located(error: unknown, batch: RecordBatch, start: number): unknown {
  if (!(error instanceof DecodeError)) return error
  const { code } = error
  const position = start + (error.position ?? 0)
  return new DecodeError(`The record batch at offset ${batch.baseOffset} does not decompress: ${error.message}`, {
    code,
    position,
    offset: batch.baseOffset,
    cause: error.cause,
  })
}

function malformed(reason: string, position: number, offset: number): DecodeError {
  return new DecodeError(`Not a record batch at byte ${position}: ${reason}`, { position, offset })
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, '0')}`
}
