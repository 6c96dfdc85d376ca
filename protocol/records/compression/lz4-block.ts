import { malformed } from './codec.ts'
import { word } from './word.ts'

/** A match is at least this long, as a shorter one would take more bytes than it saves. */
const MIN_MATCH = 4
/** The format wants the last bytes of a block to be literals, and no match to begin in the last twelve. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
const MAX_DISTANCE = 0xffff
const HASH_BITS = 13
/** After this many failed tries the steps become longer: incompressible data is passed over quickly. */
const SKIP_TRIGGER = 6
/** From here on a match that overlaps itself is copied in parts, and not byte by byte: bombs are made of such. */
const LONG_OVERLAP = 256

const table = new Int32Array(1 << HASH_BITS)

/** The most that compressing `length` bytes can take. */
export function lz4BlockBound(length: number): number {
  return length + Math.ceil(length / 255) + 16
}

/**
 * Compresses `source` from `start` up to `end` into `target` at `at`, which must have {@link lz4BlockBound} bytes left.
 * @returns the position behind what was written
 */
export function compressLz4Block(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  table.fill(-1)
  const lastMatchStart = end - MATCH_LIMIT
  let anchor = start
  let position = start
  while (position <= lastMatchStart) {
    let candidate = -1
    let tries = 1 << SKIP_TRIGGER
    for (; position <= lastMatchStart; position += tries++ >> SKIP_TRIGGER) {
      const sequence = word(source, position)
      const hash = Math.imul(sequence, 0x9e3779b1) >>> (32 - HASH_BITS)
      candidate = table[hash]
      table[hash] = position
      if (candidate >= 0 && position - candidate <= MAX_DISTANCE && word(source, candidate) === sequence) break
    }
    if (position > lastMatchStart) break
    while (position > anchor && candidate > start && source[position - 1] === source[candidate - 1]) {
      position--
      candidate--
    }
    const distance = position - candidate
    let matchEnd = position + MIN_MATCH
    while (matchEnd < end - LAST_LITERALS && source[matchEnd] === source[matchEnd - distance]) matchEnd++
    at = writeSequence(source, anchor, position, target, at, distance, matchEnd - position)
    anchor = matchEnd
    position = matchEnd
  }
  return writeSequence(source, anchor, end, target, at, 0, 0)
}

/** Literals, and unless `distance` is 0 the match that follows them. */
function writeSequence(
  source: Buffer,
  anchor: number,
  literalsEnd: number,
  target: Buffer,
  at: number,
  distance: number,
  matchLength: number,
): number {
  const literals = literalsEnd - anchor
  const token = at++
  target[token] = Math.min(literals, 15) << 4
  if (literals >= 15) at = writeLength(target, at, literals - 15)
  if (literals > 32) source.copy(target, at, anchor, literalsEnd)
  else for (let i = 0; i < literals; i++) target[at + i] = source[anchor + i]
  at += literals
  if (distance === 0) return at
  target[at++] = distance & 0xff
  target[at++] = distance >>> 8
  target[token] |= Math.min(matchLength - MIN_MATCH, 15)
  return matchLength - MIN_MATCH >= 15 ? writeLength(target, at, matchLength - MIN_MATCH - 15) : at
}

function writeLength(target: Buffer, at: number, length: number): number {
  let rest = length
  for (; rest >= 255; rest -= 255) target[at++] = 255
  target[at++] = rest
  return at
}

/**
 * Decompresses the block in `source` from `start` up to `end` into `target` at `at`. What lies in `target` from `history`
 * on may be referred to.
 * @returns the position behind what was written; −1 if `target` has no room for it
 * @throws DecodeError if the block is malformed
 */
export function decompressLz4Block(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  at: number,
  history: number,
): number {
  let from = start
  const limit = target.length
  while (from < end) {
    const token = source[from++]
    let literals = token >>> 4
    if (literals === 15) {
      let byte: number
      do {
        if (from >= end) throw malformedBlock(from)
        byte = source[from++]
        literals += byte
      } while (byte === 255)
    }
    if (from + literals > end) throw malformedBlock(from)
    if (at + literals > limit) return -1
    if (literals > 32) source.copy(target, at, from, from + literals)
    else for (let i = 0; i < literals; i++) target[at + i] = source[from + i]
    at += literals
    from += literals
    if (from === end) return at
    if (from + 2 > end) throw malformedBlock(from)
    const distance = source[from] | (source[from + 1] << 8)
    from += 2
    let length = (token & 15) + MIN_MATCH
    if ((token & 15) === 15) {
      let byte: number
      do {
        if (from >= end) throw malformedBlock(from)
        byte = source[from++]
        length += byte
      } while (byte === 255)
    }
    if (distance === 0 || at - distance < history) throw malformedBlock(from)
    if (at + length > limit) return -1
    const stop = at + length
    if (distance >= length ? length > 32 : length > LONG_OVERLAP) {
      const back = at - distance
      // A match may overlap what it makes; then it repeats, and each copy makes the next one twice as long.
      for (let size = distance; at < stop; at += size, size = at - back) {
        size = Math.min(size, stop - at)
        target.copyWithin(at, back, back + size)
      }
    } else for (; at < stop; at++) target[at] = target[at - distance]
  }
  return at
}

function malformedBlock(position: number): Error {
  return malformed('lz4', 'malformed block', position)
}
