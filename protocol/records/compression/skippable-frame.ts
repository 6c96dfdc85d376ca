import { need } from './codec.ts'

/** Frames whose content is nobody's business, of LZ4 and Zstandard alike; the last four bits are free. */
const MAGIC = 0x184d2a50
const LENGTH_BYTES = 4

/**
 * The end of the skippable frame at `at`; `at` if there is none.
 * @param codec for the error
 * @throws DecodeError if it does not end within `data`
 */
export function skippableEnd(codec: string, data: Buffer, at: number): number {
  need(codec, data, at, LENGTH_BYTES)
  if ((data.readUInt32LE(at) & ~0x0f) >>> 0 !== MAGIC) return at
  need(codec, data, at + LENGTH_BYTES, LENGTH_BYTES)
  const start = at + 2 * LENGTH_BYTES
  const length = data.readUInt32LE(at + LENGTH_BYTES)
  need(codec, data, start, length)
  return start + length
}
