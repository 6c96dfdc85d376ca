import {
  checkCrc,
  checkInnerCrcs,
  type RecordBatch,
  readBatches,
  readControlRecords,
  readHeaders,
  recordData,
  visitRecords,
} from '../../protocol/records/index.ts'
import type { SampleRecord } from './sample-batches.ts'

/** What one party reads; the referee gives the same. */
export interface ReadBatch {
  magic: number
  compression: string
  timestampType: string
  lastOffset: number
  nextOffset: number
  maxTimestamp: number
  size: number
  /** Only record batches, of magic 2, have these. */
  baseOffset?: number
  baseTimestamp?: number
  crc?: number
  partitionLeaderEpoch?: number
  isTransactional?: boolean
  isControl?: boolean
  deleteHorizonMs?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  recordCount?: number
  records: ReadRecord[]
}

export interface ReadRecord extends SampleRecord {
  timestamp: number
  /** Only in control batches. */
  controlType?: string
  coordinatorEpoch?: number
}

const MAX_BYTES = 1 << 26

export async function ourReading(bytes: Buffer): Promise<ReadBatch[]> {
  const result: ReadBatch[] = []
  for (const batch of readBatches(bytes)) {
    checkCrc(batch)
    const data = await recordData(batch, MAX_BYTES)
    checkInnerCrcs(batch, data)
    result.push({ ...headerOf(batch), records: recordsOf(batch, data) })
  }
  return result
}

function headerOf(batch: RecordBatch): Omit<ReadBatch, 'records'> {
  const { magic, compression, timestampType, lastOffset, nextOffset, maxTimestamp, bytes } = batch
  const common = { magic, compression, timestampType, lastOffset, nextOffset, maxTimestamp, size: bytes.length }
  if (magic < 2) return common
  const { baseOffset, baseTimestamp, crc, partitionLeaderEpoch, isTransactional, isControl } = batch
  const { hasDeleteHorizon, producerId, producerEpoch, baseSequence, recordCount } = batch
  return {
    ...common,
    ...{ baseOffset, baseTimestamp, crc, partitionLeaderEpoch, isTransactional, isControl },
    ...{ producerId, producerEpoch, baseSequence, recordCount },
    deleteHorizonMs: hasDeleteHorizon ? baseTimestamp : -1,
  }
}

function recordsOf(batch: RecordBatch, data: Buffer): ReadRecord[] {
  const records: ReadRecord[] = []
  const base64 = (start: number, length: number): string | null =>
    length < 0 ? null : data.toString('base64', start, start + length)
  visitRecords(batch, data, (offset, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, count) => {
    const headers = readHeaders(data, headersStart, count).map(([name, value]): [string, string | null] => {
      return [name, value === null ? null : value.toString('base64')]
    })
    const [key, value] = [base64(keyStart, keyLength), base64(valueStart, valueLength)]
    records.push({ offset, timestamp, key, value, headers })
  })
  if (!batch.isControl) return records
  const meanings = readControlRecords(batch)
  return records.map((record, i) => {
    const { type, coordinatorEpoch } = meanings[i]
    const isEnd = type === 'COMMIT' || type === 'ABORT'
    return { ...record, controlType: type, ...(isEnd ? { coordinatorEpoch } : {}) }
  })
}

/** The referee's reading in the form of ours: what formats 0 and 1 leave open, each party says in its way. */
export function javaReading(batches: ReadBatch[]): ReadBatch[] {
  return batches.map((batch) => {
    if (batch.magic === 2) return batch
    const { baseOffset: _, ...common } = batch
    return { ...common, timestampType: batch.timestampType === 'NoTimestampType' ? 'CreateTime' : batch.timestampType }
  })
}
