import { DecodeError } from '../errors.ts'
import type { RecordBatch } from './record-batch.ts'

// Records take more as objects than as bytes: the smallest record has seven, the smallest header two, and both compress
// to nothing. A bound for bytes alone would be none.

/** What a record counts for beside its bytes. */
export const RECORD_MEMORY = 128
/** What a header counts for beside its bytes. */
export const HEADER_MEMORY = 64

/** What of `maxBytes` is left for records and headers when the bytes that were made for them are counted. */
export function memoryLeft(batch: RecordBatch, data: Buffer, maxBytes: number): number {
  return batch.compression === 'none' ? maxBytes : maxBytes - data.length
}

/** @param position in `data` or `batch.bytes`, whichever was read */
export function needsTooMuch(batch: RecordBatch, position: number, maxBytes: number): DecodeError {
  return new DecodeError(
    `The record batch at offset ${batch.baseOffset} needs more than the ${maxBytes} bytes that are allowed, each record counted with ${RECORD_MEMORY} beside its bytes and each header with ${HEADER_MEMORY}`,
    { code: 'MESSAGE_TOO_LARGE', position, offset: batch.baseOffset },
  )
}
