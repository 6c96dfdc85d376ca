import { DecodeError } from '../errors.ts'
import { type RecordBatch, recordData } from './record-batch.ts'
import { ATTRIBUTES, RECORDS } from './record-batch-layout.ts'
import { visitRecords } from './records.ts'

/** What control records are about, by Kafka's number for it. Those after the first two are KRaft's own. */
export const controlRecordTypes = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
] as const

export type ControlRecordType = (typeof controlRecordTypes)[number]

/** A record of a control batch: how a transaction of its producer ended, or something about the log itself. */
export interface ControlRecord {
  /** `UNKNOWN` for what later versions of Kafka may write. */
  readonly type: ControlRecordType | 'UNKNOWN'
  /** Grows with each change of the transaction coordinator; −1 in control records of other types than ABORT and COMMIT. */
  readonly coordinatorEpoch: number
}

/**
 * What a control batch says first; of a transaction there is no more.
 * @throws DecodeError if the batch is not a control batch, has no record, or one that is malformed
 */
export function readControlRecord(batch: RecordBatch): ControlRecord {
  const [first] = readControlRecords(batch)
  if (first !== undefined) return first
  throw new DecodeError(`The control batch at offset ${batch.baseOffset} has no record`, {
    offset: batch.baseOffset,
    position: RECORDS,
  })
}

/**
 * All that a control batch says: the beginning of a KRaft snapshot has several records.
 * @throws DecodeError if the batch is not a control batch or a record is malformed
 */
export function readControlRecords(batch: RecordBatch): ControlRecord[] {
  if (!batch.isControl)
    throw new DecodeError(`The record batch at offset ${batch.baseOffset} is not a control batch`, {
      offset: batch.baseOffset,
      position: ATTRIBUTES,
    })
  if (batch.compression !== 'none') {
    throw new DecodeError(`The control batch at offset ${batch.baseOffset} is compressed, which none is`, {
      offset: batch.baseOffset,
      position: ATTRIBUTES,
    })
  }
  const data = recordData(batch, 0) as Buffer
  const records: ControlRecord[] = []
  visitRecords(batch, data, (offset, _timestamp, keyStart, keyLength, valueStart, valueLength) => {
    // Key: version, type. Value of an end-of-transaction marker: version, coordinator epoch. Later versions may add more.
    if (keyLength < 4 || data.readInt16BE(keyStart) < 0) {
      throw new DecodeError(`The control record at offset ${offset} has no type`, {
        offset,
        position: RECORDS + keyStart,
      })
    }
    const type = controlRecordTypes[data.readInt16BE(keyStart + 2)] ?? 'UNKNOWN'
    if (type !== 'ABORT' && type !== 'COMMIT') {
      records.push({ type, coordinatorEpoch: -1 })
      return
    }
    if (valueLength < 6 || data.readInt16BE(valueStart) < 0) {
      const position = RECORDS + valueStart
      throw new DecodeError(`The transaction marker at offset ${offset} has no epoch`, { offset, position })
    }
    records.push({ type, coordinatorEpoch: data.readInt32BE(valueStart + 2) })
  })
  return records
}
