import { endianness } from 'node:os'

/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78

/**
 * Tables for slicing by 16: `TABLES[256 * k + b]` is the effect of byte b with k bytes after it. With
 * sixteen of them sixteen bytes are folded in at once, and no step waits for the one before it.
 */
const TABLES = new Int32Array(16 * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  TABLES[byte] = crc
}
for (let i = 256; i < TABLES.length; i++) {
  const shorter = TABLES[i - 256]
  TABLES[i] = (shorter >>> 8) ^ TABLES[shorter & 0xff]
}

/** Words are read in the machine's order, and the tables are made for the little-endian one. */
const READS_WORDS = endianness() === 'LE'

/** CRC-32C (RFC 3720) of the bytes from `start` up to `end`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1
  let at = start
  if (READS_WORDS && end - start >= 64) {
    while (((bytes.byteOffset + at) & 3) !== 0) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at++]) & 0xff]
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2)
    const blocks = words.length & ~3
    crc = fold(words, blocks, crc)
    at += blocks * 4
  }
  while (at < end) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at++]) & 0xff]
  return ~crc >>> 0
}

function fold(words: Int32Array, count: number, crc: number): number {
  const t = TABLES
  for (let i = 0; i < count; i += 4) {
    const a = words[i] ^ crc
    const b = words[i + 1]
    const c = words[i + 2]
    const d = words[i + 3]
    crc =
      t[3840 + (a & 0xff)] ^
      t[3584 + ((a >>> 8) & 0xff)] ^
      t[3328 + ((a >>> 16) & 0xff)] ^
      t[3072 + (a >>> 24)] ^
      t[2816 + (b & 0xff)] ^
      t[2560 + ((b >>> 8) & 0xff)] ^
      t[2304 + ((b >>> 16) & 0xff)] ^
      t[2048 + (b >>> 24)] ^
      t[1792 + (c & 0xff)] ^
      t[1536 + ((c >>> 8) & 0xff)] ^
      t[1280 + ((c >>> 16) & 0xff)] ^
      t[1024 + (c >>> 24)] ^
      t[768 + (d & 0xff)] ^
      t[512 + ((d >>> 8) & 0xff)] ^
      t[256 + ((d >>> 16) & 0xff)] ^
      t[d >>> 24]
  }
  return crc
}
