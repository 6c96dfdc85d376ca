import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compression } from '../../../../protocol/records/index.ts'

const PART = 16 * 1024 * 1024
const TIMES = 2 ** 30 / PART

/** A GiB of zeros in a few megabytes or less, made of many repetitions without ever having been a GiB. */
export function bomb(codec: keyof typeof compression): Buffer {
  const zeros = Buffer.alloc(PART)
  const times = (part: Buffer): Buffer[] => Array.from({ length: TIMES }, () => part)
  if (codec === 'gzip') return Buffer.concat(times(gzipSync(zeros)))
  if (codec === 'zstd') return Buffer.concat(times(zstdCompressSync(zeros)))
  const frame = compression[codec].compress(zeros) as Buffer
  return codec === 'lz4'
    ? Buffer.concat([frame.subarray(0, 7), ...times(frame.subarray(7, -4)), frame.subarray(-4)])
    : Buffer.concat([frame.subarray(0, 16), ...times(frame.subarray(16))])
}
