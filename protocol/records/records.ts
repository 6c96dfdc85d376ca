import { DecodeError } from '../errors.ts'
import { visitMessages } from './message-set.ts'
import { HEADER_MEMORY, memoryLeft, needsTooMuch, RECORD_MEMORY } from './object-memory.ts'
import type { RecordBatch } from './record-batch.ts'
import { BASE_TIMESTAMP, RECORDS } from './record-batch-layout.ts'
import { exactVarlong, VarintCursor } from './varint.ts'

/**
 * Receives one record: where its parts lie in the data. Lengths of −1 stand for null. Numbers and no object, because
 * what becomes of a record (a message, a count, nothing) is the caller's choice.
 */
export type RecordVisitor = (
  offset: number,
  timestamp: number,
  keyStart: number,
  keyLength: number,
  valueStart: number,
  valueLength: number,
  headersStart: number,
  headerCount: number,
) => void

/** A name and a value take at least a byte each. */
const MIN_HEADER_BYTES = 2

/**
 * Goes through the records of a batch as they lie there, which is in the order of their offsets. (A broker does not look at
 * the offsets in an uncompressed batch, so a broken producer can repeat one. Consumers pass over what does not lie behind
 * the record before, in Java, too.)
 * @param data what `recordData` gave for the batch. Nothing is compared with a checksum here: that is `checkCrc`, and for
 *   what is compressed in messages of formats 0 and 1 `checkInnerCrcs`
 * @param maxBytes the most that the records may take in memory when objects are made of them: what was decompressed, and 128
 *   bytes for each record and 64 for each header. Default: no bound, for a visitor that keeps nothing
 * @throws DecodeError at the first record that is malformed; those before it have been visited. With the code
 *   `MESSAGE_TOO_LARGE` before the first record or header that is more than `maxBytes` allow. `offset` is the batch's,
 *   `position` lies in `data`, and in `batch.bytes` if that is not compressed
 */
export function visitRecords(
  batch: RecordBatch,
  data: Buffer,
  visit: RecordVisitor,
  maxBytes = Number.POSITIVE_INFINITY,
): void {
  if (batch.magic < 2) {
    visitMessages(batch, data, visit, maxBytes)
    return
  }
  const { baseOffset, baseTimestamp, maxTimestamp, recordCount } = batch
  const lastDelta = batch.lastOffset - baseOffset
  const appendTime = batch.timestampType === 'LogAppendTime'
  const exactBase = Number.isSafeInteger(baseTimestamp)
  // A number of records is believed before they were seen; that of headers, only where there are bytes for so many.
  let memory = memoryLeft(batch, data, maxBytes) - recordCount * RECORD_MEMORY
  if (memory < 0) throw needsTooMuch(batch, placeOf(batch, 0), maxBytes)
  const cursor = new VarintCursor(data, 0)
  for (let i = 0; i < recordCount; i++) {
    const start = cursor.position
    const length = cursor.varint()
    const end = cursor.position + length
    // `!(a <= b)` also catches what became NaN behind the end of the data.
    if (length < 6 || !(end <= data.length)) throw malformed(batch, i, start, `a length of ${length}`)
    cursor.position++
    const deltaStart = cursor.position
    const timestampDelta = cursor.varlong()
    const offsetDelta = cursor.varint()
    const keyLength = cursor.varint()
    const keyStart = cursor.position
    if (keyLength > 0) cursor.position += keyLength
    const valueLength = cursor.varint()
    const valueStart = cursor.position
    if (valueLength > 0) cursor.position += valueLength
    const headerCount = cursor.varint()
    const headersStart = cursor.position
    if (keyLength < -1 || valueLength < -1 || headerCount < 0) throw malformed(batch, i, start, 'a negative length')
    if (headerCount > 0) {
      if (headerCount * MIN_HEADER_BYTES > end - headersStart)
        throw malformed(batch, i, start, `${headerCount} headers`)
      memory -= headerCount * HEADER_MEMORY
      if (memory < 0) throw needsTooMuch(batch, placeOf(batch, start), maxBytes)
      skipHeaders(cursor, headerCount, end)
    }
    if (cursor.position !== end || cursor.overlong)
      throw malformed(batch, i, start, 'parts that do not fill it exactly')
    if (offsetDelta < 0 || offsetDelta > lastDelta) {
      throw malformed(batch, i, start, `offset ${baseOffset + offsetDelta}, which is not one of the batch's`)
    }
    let timestamp = appendTime ? maxTimestamp : baseTimestamp + timestampDelta
    if (!appendTime && !(exactBase && Number.isSafeInteger(timestampDelta))) {
      timestamp = distantTimestamp(batch, data, deltaStart)
    }
    visit(baseOffset + offsetDelta, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, headerCount)
  }
  if (cursor.position !== data.length) {
    throw new DecodeError(
      `The record batch at offset ${baseOffset} has ${data.length - cursor.position} bytes after its ${recordCount} records`,
      { position: placeOf(batch, cursor.position), offset: baseOffset },
    )
  }
}

/** One that lies so far from the batch's first that not even their distance is a number: two roundings are one too many. */
function distantTimestamp(batch: RecordBatch, data: Buffer, deltaStart: number): number {
  const baseTimestamp = batch.bytes.readBigInt64BE(BASE_TIMESTAMP)
  return Number(BigInt.asIntN(64, baseTimestamp + exactVarlong(data, deltaStart)))
}

/** Leaves the cursor anywhere but at `end` if the headers are malformed. */
function skipHeaders(cursor: VarintCursor, count: number, end: number): void {
  for (let i = 0; i < count; i++) {
    const nameLength = cursor.varint()
    if (nameLength < 0 || cursor.position + nameLength >= end) {
      cursor.position = -1
      return
    }
    cursor.position += nameLength
    const valueLength = cursor.varint()
    if (valueLength < -1 || cursor.position + valueLength > end) {
      cursor.position = -1
      return
    }
    if (valueLength > 0) cursor.position += valueLength
  }
}

/**
 * The headers of a record that was visited, whose numbers these must be, as nothing is checked again: names in order, repeated ones kept, values as views or null.
 */
export function readHeaders(data: Buffer, headersStart: number, headerCount: number): Array<[string, Buffer | null]> {
  const cursor = new VarintCursor(data, headersStart)
  const headers: Array<[string, Buffer | null]> = []
  for (let i = 0; i < headerCount; i++) {
    const nameLength = cursor.varint()
    const name = data.toString('utf8', cursor.position, cursor.position + nameLength)
    cursor.position += nameLength
    const valueLength = cursor.varint()
    headers.push([name, valueLength < 0 ? null : data.subarray(cursor.position, cursor.position + valueLength)])
    if (valueLength > 0) cursor.position += valueLength
  }
  return headers
}

/** Of a place in its data: in the whole batch, where that is possible. */
function placeOf(batch: RecordBatch, position: number): number {
  return batch.compression === 'none' ? RECORDS + position : position
}

function malformed(batch: RecordBatch, index: number, start: number, what: string): DecodeError {
  const position = placeOf(batch, start)
  return new DecodeError(
    `The record batch at offset ${batch.baseOffset} is malformed: record ${index} (byte ${position}) has ${what}`,
    { position, offset: batch.baseOffset },
  )
}
