import { readBatches, readHeaders, recordData, visitRecords } from '../../protocol/records/index.ts'
import type { EncodableRecord } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import { NO_HEADERS } from './message.ts'

/**
 * Reads the records of a sealed batch back, so that they can go into other batches. Keys and values are views on the
 * batch, or on what was decompressed of it.
 */
export async function readRecords(batch: ProducerBatch): Promise<EncodableRecord[]> {
  const [sealed] = readBatches(batch.bytes!)
  // A batch of the producer's own is as large as it said.
  const data = await recordData(sealed, batch.plainSize)
  const records: EncodableRecord[] = []
  visitRecords(
    sealed,
    data,
    (_offset, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, headerCount) => {
      records.push({
        timestamp,
        key: keyLength < 0 ? null : data.subarray(keyStart, keyStart + keyLength),
        value: valueLength < 0 ? null : data.subarray(valueStart, valueStart + valueLength),
        headers: headerCount === 0 ? NO_HEADERS : readHeaders(data, headersStart, headerCount),
      })
    },
  )
  return records
}
