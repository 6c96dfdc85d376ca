import { DecodeError } from '../errors.ts'
import { shown } from '../shown.ts'
import { checkInnerCrcs } from './message-set.ts'
import { checkCrc, type RecordBatch, recordData } from './record-batch.ts'
import { type RecordVisitor, readHeaders, visitRecords } from './records.ts'

/** One record. Its bytes are views of the batch or of what was decompressed. */
export interface KafkaRecord {
  readonly offset: number
  /** ms since the epoch; −1 if it has none */
  readonly timestamp: number
  readonly key: Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  /** In order; names may repeat. */
  readonly headers: ReadonlyArray<readonly [name: string, value: Buffer | null]>
}

const DEFAULT_MAX_BYTES = 104_857_600

/**
 * The records of a batch as objects, after its checksum was compared. Whoever goes through millions of them uses
 * {@link visitRecords}, which makes none.
 * @param maxBytes the most that they may take: decompressed, and 128 bytes for each record and 64 for each header; default
 *   104857600 (100 MiB). The objects of very small ones take up to three times as much
 * @throws DecodeError with the code CORRUPT_MESSAGE if the checksum is wrong, MESSAGE_TOO_LARGE above `maxBytes`,
 *   DECODE_FAILED if the batch or a record is malformed. `offset` is the batch's; `position` lies in `batch.bytes`, or in what
 *   was decompressed if something is wrong there
 */
export async function readRecords(batch: RecordBatch, maxBytes = DEFAULT_MAX_BYTES): Promise<KafkaRecord[]> {
  if (!Buffer.isBuffer(batch?.bytes)) {
    throw new DecodeError(`readRecords takes a batch as readBatches gives it, got ${shown(batch)}`)
  }
  checkCrc(batch)
  const data = await recordData(batch, maxBytes)
  checkInnerCrcs(batch, data)
  const records: KafkaRecord[] = []
  const part = (start: number, length: number) => (length < 0 ? null : data.subarray(start, start + length))
  const keep: RecordVisitor = (
    offset,
    timestamp,
    keyStart,
    keyLength,
    valueStart,
    valueLength,
    headersStart,
    count,
  ) => {
    const [key, value] = [part(keyStart, keyLength), part(valueStart, valueLength)]
    records.push({ offset, timestamp, key, value, headers: readHeaders(data, headersStart, count) })
  }
  visitRecords(batch, data, keep, maxBytes)
  return records
}
