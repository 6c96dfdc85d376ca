import { DecodeError } from '../errors.ts'
import type { RecordBatch } from './record-batch.ts'
import { RECORDS } from './record-batch-layout.ts'
import { visitRecords } from './records.ts'

/** What a control batch says: how a transaction of its producer ended, or something that this client need not know. */
export interface ControlRecord {
  readonly type: 'ABORT' | 'COMMIT' | 'UNKNOWN'
  /** Grows with each change of the transaction coordinator; −1 in control records of other types. */
  readonly coordinatorEpoch: number
}

const ABORT = 0
const COMMIT = 1

/** @throws DecodeError if the batch is not a control batch or its record is malformed */
export function readControlRecord(batch: RecordBatch): ControlRecord {
  if (!batch.isControl) throw new DecodeError(`The record batch at offset ${batch.baseOffset} is not a control batch`)
  const data = batch.bytes.subarray(RECORDS)
  let result: ControlRecord = { type: 'UNKNOWN', coordinatorEpoch: -1 }
  visitRecords(batch, data, (offset, _timestamp, keyStart, keyLength, valueStart, valueLength) => {
    // Key: version, type. Value of an end-of-transaction marker: version, coordinator epoch. Later versions may add more.
    if (keyLength < 4) throw new DecodeError(`The control record at offset ${offset} has no type`, { offset })
    const type = data.readInt16BE(keyStart + 2)
    if (type !== ABORT && type !== COMMIT) return
    if (valueLength < 6) throw new DecodeError(`The transaction marker at offset ${offset} is too short`, { offset })
    result = { type: type === ABORT ? 'ABORT' : 'COMMIT', coordinatorEpoch: data.readInt32BE(valueStart + 2) }
  })
  return result
}
