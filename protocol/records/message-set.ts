import { crc32 } from 'node:zlib'
import { DecodeError } from '../errors.ts'
import { compressionOf } from './compression/index.ts'
import { memoryLeft, needsTooMuch, RECORD_MEMORY } from './object-memory.ts'
import type { RecordBatch } from './record-batch.ts'
import { MAX_OFFSET, readInt64 } from './record-batch-layout.ts'
import type { RecordVisitor } from './records.ts'

// Message formats 0 and 1, of Kafka before 0.11 (KIP-32, KIP-31). Each message stands alone; several become one when they
// are compressed: the value of a message about them, whose offset is the last of theirs.

const OFFSET = 0
const SIZE = 8
/** Of a message, where the checksum stands. */
export const MESSAGE_CRC = 12
/** Where record batches have it, too. */
const MAGIC = 16
const ATTRIBUTES = 17
const TIMESTAMP = 18
/** Offset and size, which the size does not count. */
const LENGTH_OVERHEAD = MESSAGE_CRC
/** Key and value lengths follow the attributes in format 0, the timestamp in format 1. */
const FIELDS = [TIMESTAMP, TIMESTAMP + 8]

const COMPRESSION_MASK = 0x07
const LOG_APPEND_TIME = 0x08
/** zstd is younger than these formats. */
const LAST_COMPRESSION = 3
const NO_TIMESTAMP = -1

/** What `size` is at least in a message of a format. */
export function minMessageSize(magic: number): number {
  return FIELDS[magic] + 8 - LENGTH_OVERHEAD
}

/** Where messages and their checksum differ from a record batch. */
export function messageChecksum({ bytes }: RecordBatch): number {
  return crc32(bytes.subarray(MAGIC))
}

/** A message of format 0 or 1, whole and alone in `bytes`, as a batch of its own. */
export function readMessage(bytes: Buffer, at: number): RecordBatch {
  const magic = bytes[MAGIC]
  const attributes = bytes[ATTRIBUTES]
  const compressionNumber = attributes & COMPRESSION_MASK
  const compression = compressionNumber > LAST_COMPRESSION ? undefined : compressionOf(compressionNumber)
  const offset = readInt64(bytes, OFFSET)
  const where = `Not a message of format ${magic} at byte ${at}`
  if (compression === undefined) {
    throw new DecodeError(`${where}: unknown compression ${compressionNumber}`, { position: at, offset })
  }
  if (offset < 0 || offset > MAX_OFFSET)
    throw new DecodeError(`${where}: an offset cannot be ${offset}`, { position: at, offset })
  const timestamp = magic === 0 ? NO_TIMESTAMP : readInt64(bytes, TIMESTAMP)
  return {
    baseOffset: offset,
    lastOffset: offset,
    nextOffset: offset + 1,
    partitionLeaderEpoch: -1,
    magic,
    crc: bytes.readUInt32BE(MESSAGE_CRC),
    compression,
    // Brokers say so, too, when they turn messages without a timestamp into record batches.
    timestampType: magic === 1 && (attributes & LOG_APPEND_TIME) !== 0 ? 'LogAppendTime' : 'CreateTime',
    isTransactional: false,
    isControl: false,
    hasDeleteHorizon: false,
    baseTimestamp: timestamp,
    maxTimestamp: timestamp,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: compression === 'none' ? 1 : -1,
    bytes,
  }
}

/** What is compressed in a message: others of its kind. */
export function wrappedData(batch: RecordBatch): Buffer {
  const { valueStart, valueLength } = readFields(batch, batch.bytes, 0)
  if (valueLength < 0) throw malformed(batch, 0, 'is compressed and has no value')
  return batch.bytes.subarray(valueStart, valueStart + valueLength)
}

/** As `visitRecords`, which see. */
export function visitMessages(batch: RecordBatch, data: Buffer, visit: RecordVisitor, maxBytes: number): void {
  const isCompressed = batch.compression !== 'none'
  const shift = isCompressed ? offsetShift(batch, data) : 0
  const appendTime = batch.timestampType === 'LogAppendTime'
  const largest = isCompressed && batch.lastOffset > 0 ? batch.lastOffset - shift : MAX_OFFSET
  // Of compressed ones nobody says how many there are.
  let memory = memoryLeft(batch, data, maxBytes)
  for (let at = 0; at < data.length; ) {
    memory -= RECORD_MEMORY
    if (memory < 0) throw needsTooMuch(batch, at, maxBytes)
    const { magic, keyStart, keyLength, valueStart, valueLength, end } = readFields(batch, data, at)
    if (isCompressed && (data[at + ATTRIBUTES] & COMPRESSION_MASK) !== 0) {
      throw malformed(batch, at, 'is compressed, and inside a compressed one')
    }
    const offset = readInt64(data, at + OFFSET)
    if (offset < 0 || offset > largest) {
      throw malformed(batch, at, `has the offset ${offset}, which is not one of the batch's`)
    }
    const own = magic === 0 ? NO_TIMESTAMP : readInt64(data, at + TIMESTAMP)
    const timestamp = appendTime ? batch.maxTimestamp : own
    visit(offset + shift, timestamp, keyStart, keyLength, valueStart, valueLength, 0, 0)
    at = end
  }
}

/**
 * Compares the checksums that messages of formats 0 and 1 have inside a compressed one. Those of other batches, `checkCrc`
 * has compared; whoever reads logs that may be older than Kafka 0.11 calls both, as `readRecords` does.
 * @param data what `recordData` gave for the batch
 * @throws DecodeError `CORRUPT_MESSAGE` when the bytes of a message are not those that its checksum was made of. `offset` is
 *   that of the outer message, `position` lies in `data`
 */
export function checkInnerCrcs(batch: RecordBatch, data: Buffer): void {
  if (batch.magic > 1 || batch.compression === 'none') return
  for (let at = 0; at < data.length; ) {
    const end = messageEnd(batch, data, at)
    if (crc32(data.subarray(at + MAGIC, end)) !== data.readUInt32BE(at + MESSAGE_CRC)) {
      throw malformed(batch, at, 'is corrupt: its checksum is another', 'CORRUPT_MESSAGE')
    }
    at = end
  }
}

/**
 * What is to be added to the offsets inside a compressed message. In format 1 they count from the first one's, so that a
 * broker need not compress again, and the offset outside is the last one's. Where a producer wrote the final offsets, that
 * is no difference.
 */
function offsetShift(batch: RecordBatch, data: Buffer): number {
  if (data.length === 0) throw malformed(batch, 0, 'is compressed and has nothing in it')
  let last = 0
  for (let at = 0; at < data.length; ) {
    const end = messageEnd(batch, data, at)
    last = readInt64(data, at + OFFSET)
    at = end
  }
  // Not yet placed in a log: nobody but a broker meets that.
  if (batch.lastOffset === 0) return 0
  if (last < 0) throw malformed(batch, 0, `ends with the offset ${last} inside`)
  if (last > batch.lastOffset) throw malformed(batch, 0, `ends with the offset ${last} inside, which is too large`)
  return batch.magic === 0 ? 0 : batch.lastOffset - last
}

interface MessageFields {
  readonly magic: number
  readonly keyStart: number
  readonly keyLength: number
  readonly valueStart: number
  readonly valueLength: number
  readonly end: number
}

function readFields(batch: RecordBatch, data: Buffer, at: number): MessageFields {
  const end = messageEnd(batch, data, at)
  const magic = data[at + MAGIC]
  const keyLength = data.readInt32BE(at + FIELDS[magic])
  const keyStart = at + FIELDS[magic] + 4
  const keyEnd = keyStart + Math.max(0, keyLength)
  if (keyLength < -1 || keyEnd + 4 > end) throw malformed(batch, at, `has a key of ${keyLength} bytes`)
  const valueLength = data.readInt32BE(keyEnd)
  const valueStart = keyEnd + 4
  if (valueLength < -1 || valueStart + Math.max(0, valueLength) !== end) {
    throw malformed(batch, at, `has a value of ${valueLength} bytes, which does not fill it exactly`)
  }
  return { magic, keyStart, keyLength, valueStart, valueLength, end }
}

/** Where the message at `at` ends, which begins as one of these formats does. */
function messageEnd(batch: RecordBatch, data: Buffer, at: number): number {
  if (at + MAGIC >= data.length) throw malformed(batch, at, 'ends in the middle')
  const magic = data[at + MAGIC]
  if (magic > 1) throw malformed(batch, at, `has format ${magic}`)
  const size = data.readInt32BE(at + SIZE)
  const end = at + LENGTH_OVERHEAD + size
  if (size < minMessageSize(magic) || end > data.length) throw malformed(batch, at, `has a size of ${size} bytes`)
  return end
}

function malformed(batch: RecordBatch, position: number, what: string, code?: 'CORRUPT_MESSAGE'): DecodeError {
  return new DecodeError(
    `The message at offset ${batch.lastOffset} (format ${batch.magic}) is malformed: the one at its byte ${position} ${what}`,
    { position, offset: batch.lastOffset, ...(code === undefined ? {} : { code }) },
  )
}
