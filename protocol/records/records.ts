import { DecodeError } from '../errors.ts'
import { visitMessages } from './message-set.ts'
import type { RecordBatch } from './record-batch.ts'
import { BASE_TIMESTAMP } from './record-batch-layout.ts'
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

/**
 * Goes through the records of a batch in the order of their offsets.
 * @param data what `recordData` gave for the batch
 * @throws DecodeError at the first record that is malformed; those before it have been visited
 */
export function visitRecords(batch: RecordBatch, data: Buffer, visit: RecordVisitor): void {
  if (batch.magic < 2) {
    visitMessages(batch, data, visit)
    return
  }
  const { baseOffset, baseTimestamp, maxTimestamp, recordCount } = batch
  const lastDelta = batch.lastOffset - baseOffset
  const appendTime = batch.timestampType === 'LogAppendTime'
  const exactBase = Number.isSafeInteger(baseTimestamp)
  const cursor = new VarintCursor(data, 0)
  let previousDelta = -1
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
    if (headerCount > 0) skipHeaders(cursor, headerCount, end)
    if (cursor.position !== end || cursor.overlong)
      throw malformed(batch, i, start, 'parts that do not fill it exactly')
    if (offsetDelta <= previousDelta || offsetDelta > lastDelta) {
      throw malformed(batch, i, start, `offset ${baseOffset + offsetDelta}, which is out of order`)
    }
    previousDelta = offsetDelta
    let timestamp = appendTime ? maxTimestamp : baseTimestamp + timestampDelta
    if (!appendTime && !(exactBase && Number.isSafeInteger(timestampDelta))) {
      timestamp = distantTimestamp(batch, data, deltaStart)
    }
    visit(baseOffset + offsetDelta, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, headerCount)
  }
  if (cursor.position !== data.length) {
    throw new DecodeError(
      `The record batch at offset ${baseOffset} has ${data.length - cursor.position} bytes after its ${recordCount} records`,
      { position: cursor.position, offset: baseOffset },
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

/** The headers of a record that was visited: names in order, repeated ones kept, values as views or null. */
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

function malformed(batch: RecordBatch, index: number, position: number, what: string): DecodeError {
  return new DecodeError(
    `The record batch at offset ${batch.baseOffset} is malformed: record ${index} (byte ${position}) has ${what}`,
    { position, offset: batch.baseOffset },
  )
}
