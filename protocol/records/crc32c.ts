import { endianness } from 'node:os'
import { MIN_FOLD_BYTES, makeFolding } from './crc32c-folding.ts'

/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78

/** Byte b with `after` bytes behind it. Sixteen tables, and not one long one: V8 makes fewer instructions of them. */
const tables: Int32Array[] = []
for (let after = 0; after < 16; after++) {
  const table = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = after === 0 ? byte : tables[after - 1][byte]
    if (after === 0) for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    else crc = (crc >>> 8) ^ tables[0][crc & 0xff]
    table[byte] = crc
  }
  tables.push(table)
}
const [T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15] = tables

/** Words are read in the machine's order, and the tables are made for the little-endian one. */
const READS_WORDS = endianness() === 'LE'

const folding = READS_WORDS ? makeFolding(foldWords, foldBytes) : null

/** CRC-32C (RFC 3720) of the bytes from `start` up to `end`, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (folding !== null && end - start >= MIN_FOLD_BYTES) return ~folding(bytes, start, end) >>> 0
  let crc = -1
  let at = start
  if (READS_WORDS && end - start >= 64) {
    while (((bytes.byteOffset + at) & 3) !== 0) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at++]) & 0xff]
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2)
    const count = words.length & ~3
    crc = foldWords(words, 0, count, crc)
    at += count * 4
  }
  return ~foldBytes(bytes, at, end, crc) >>> 0
}

function foldBytes(bytes: Uint8Array, start: number, end: number, crc: number): number {
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]) & 0xff]
  return crc
}

function foldWords(words: Int32Array, start: number, end: number, crc: number): number {
  for (let i = start; i < end; i += 4) {
    const b = words[i + 1]
    const c = words[i + 2]
    const d = words[i + 3]
    // What does not wait for the word before stands first; the way from one CRC to the next is as short as it gets.
    const later =
      T11[b & 0xff] ^
      T10[(b >>> 8) & 0xff] ^
      T9[(b >>> 16) & 0xff] ^
      T8[b >>> 24] ^
      T7[c & 0xff] ^
      T6[(c >>> 8) & 0xff] ^
      T5[(c >>> 16) & 0xff] ^
      T4[c >>> 24] ^
      T3[d & 0xff] ^
      T2[(d >>> 8) & 0xff] ^
      T1[(d >>> 16) & 0xff] ^
      T0[d >>> 24]
    const a = words[i] ^ crc
    crc = later ^ (T15[a & 0xff] ^ T14[(a >>> 8) & 0xff] ^ (T13[(a >>> 16) & 0xff] ^ T12[a >>> 24]))
  }
  return crc
}
