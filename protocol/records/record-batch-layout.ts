/**
 * Where the fields of a record batch lie (magic 2, KIP-98). The checksum covers everything from the attributes on, so
 * that a broker can set base offset and leader epoch without touching it.
 */
export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const PARTITION_LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
export const RECORDS = 61

/** The length field does not count itself and what stands before it. */
export const LENGTH_OVERHEAD = PARTITION_LEADER_EPOCH

export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME = 0x08
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20
export const DELETE_HORIZON = 0x40

/** Up to here offsets, and those of a batch that begins there, are exact numbers. Beyond, neighbours would read as one. */
export const MAX_OFFSET = Number.MAX_SAFE_INTEGER - 0x8000_0000

const TWO_POW_32 = 0x1_0000_0000

export function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_POW_32)
  buffer.writeInt32BE(high | 0, at)
  buffer.writeUInt32BE(value - high * TWO_POW_32, at + 4)
}

/** The nearest number. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * TWO_POW_32 + buffer.readUInt32BE(at + 4)
}
