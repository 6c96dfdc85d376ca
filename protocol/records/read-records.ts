import { DecodeError } from '../errors.ts'
import { shown } from '../shown.ts'
import { checkInnerCrcs } from './message-set.ts'
import { checkCrc, type RecordBatch, recordData } from './record-batch.ts'
import { readHeaders, visitRecords } from './records.ts'

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
 * @param maxBytes the most that they may take decompressed; default 104857600 (100 MiB)
 * @throws DecodeError with the code CORRUPT_MESSAGE if the checksum is wrong, MESSAGE_TOO_LARGE above `maxBytes`,
 *   DECODE_FAILED if the batch or a record is malformed
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
  visitRecords(batch, data, (offset, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, count) => {
    const [key, value] = [part(keyStart, keyLength), part(valueStart, valueLength)]
    records.push({ offset, timestamp, key, value, headers: readHeaders(data, headersStart, count) })
  })
  return records
}
