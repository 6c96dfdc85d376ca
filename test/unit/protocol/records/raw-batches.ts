import { compression as codecs, crc32c } from '../../../../protocol/records/index.ts'
import { writeVarint } from '../../../../protocol/records/varint.ts'

export type Compression = 'none' | keyof typeof codecs

const IDS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const HEADER_BYTES = 61

export interface RawRecord {
  offsetDelta?: number
  /** Its headers as bytes, whatever they are. */
  headers?: Buffer
  /** What it says of their number. Default 0. */
  headerCount?: number
  value?: Buffer | null
}

/** A record of magic 2, right or wrong, as no builder makes it. */
export function rawRecord({ offsetDelta = 0, headers, headerCount = 0, value = null }: RawRecord): Buffer {
  const body = [
    Buffer.from([0, 0]),
    varint(offsetDelta),
    varint(-1),
    varint(value?.length ?? -1),
    value ?? Buffer.alloc(0),
    varint(headerCount),
    headers ?? Buffer.alloc(0),
  ]
  return Buffer.concat([varint(body.reduce((sum, { length }) => sum + length, 0)), ...body])
}

export interface RawBatch {
  compression?: Compression
  baseOffset?: number
  recordCount: number
  /** Default: as many offsets as records. */
  lastOffsetDelta?: number
}

/** Those bytes as the records of a batch, with the right checksum. */
export async function rawBatch(records: Buffer, options: RawBatch): Promise<Buffer> {
  const { compression = 'none', baseOffset = 0, recordCount, lastOffsetDelta = recordCount - 1 } = options
  return rawlyCompressed(compression === 'none' ? records : await codecs[compression].compress(records), {
    compression,
    baseOffset,
    recordCount,
    lastOffsetDelta,
  })
}

/** As {@link rawBatch}, of bytes that are compressed already, or pretend to be. */
export function rawlyCompressed(data: Buffer, options: RawBatch): Buffer {
  const { compression = 'none', baseOffset = 0, recordCount, lastOffsetDelta = recordCount - 1 } = options
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeBigInt64BE(BigInt(baseOffset), 0)
  header[16] = 2
  header.writeInt16BE(IDS.indexOf(compression), 21)
  header.writeInt32BE(lastOffsetDelta, 23)
  header.writeBigInt64BE(-1n, 43)
  header.writeInt16BE(-1, 51)
  header.writeInt32BE(-1, 53)
  header.writeInt32BE(recordCount, 57)
  const batch = Buffer.concat([header, data])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  return bytes.subarray(0, writeVarint(bytes, 0, value))
}
