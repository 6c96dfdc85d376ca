import { malformed } from './codec.ts'
import { word } from './word.ts'

const HASH_BITS = 14
/** Matches are looked for within pieces of this size, so that every distance fits into two bytes. */
const FRAGMENT_BYTES = 1 << 16
/** A match is looked for only while at least this many bytes follow. */
const INPUT_MARGIN = 15
/** What a byte of input can make at most: a copy of 64 bytes takes three. */
const MAX_EXPANSION = 22

/** Four bytes are copied at a time where that many may be written too much: what follows overwrites them. */
const OVERRUN = 3

const LITERAL = 0
const COPY_1 = 1
const COPY_2 = 2

const table = new Uint16Array(1 << HASH_BITS)

/** The most that compressing `length` bytes can take. */
export function snappyBlockBound(length: number): number {
  return 32 + length + Math.ceil(length / 6)
}

/**
 * Compresses `source` from `start` up to `end` into `target` at `at`, which must have {@link snappyBlockBound} bytes left.
 * @returns the position behind what was written
 */
export function compressSnappyBlock(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  let length = end - start
  while (length >= 0x80) {
    target[at++] = (length & 0x7f) | 0x80
    length >>>= 7
  }
  target[at++] = length
  for (let fragment = start; fragment < end; fragment += FRAGMENT_BYTES) {
    at = compressFragment(source, fragment, Math.min(fragment + FRAGMENT_BYTES, end), target, at)
  }
  return at
}

function compressFragment(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  table.fill(0)
  const limit = end - INPUT_MARGIN
  let anchor = start
  // The table cannot tell "nothing yet" from the fragment's first byte, which therefore is never a start of a search.
  let position = start + 1
  while (position < limit) {
    let candidate = start
    let tries = 32
    for (; position < limit; position += tries++ >> 5) {
      const sequence = word(source, position)
      const hash = Math.imul(sequence, 0x1e35a7bd) >>> (32 - HASH_BITS)
      candidate = start + table[hash]
      table[hash] = position - start
      if (word(source, candidate) === sequence) break
    }
    if (position >= limit) break
    if (position > anchor) at = writeLiteral(source, anchor, position, target, at)
    const distance = position - candidate
    let matchEnd = position + 4
    while (matchEnd < end && source[matchEnd] === source[matchEnd - distance]) matchEnd++
    at = writeCopy(target, at, distance, matchEnd - position)
    anchor = matchEnd
    position = matchEnd
    if (position < limit) {
      const before = word(source, position - 1)
      table[Math.imul(before, 0x1e35a7bd) >>> (32 - HASH_BITS)] = position - 1 - start
    }
  }
  return anchor < end ? writeLiteral(source, anchor, end, target, at) : at
}

function writeLiteral(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start
  const code = length - 1
  if (code < 60) target[at++] = (code << 2) | LITERAL
  else if (code < 0x100) {
    target[at++] = (60 << 2) | LITERAL
    target[at++] = code
  } else {
    target[at++] = (61 << 2) | LITERAL
    target[at++] = code & 0xff
    target[at++] = code >>> 8
  }
  if (length > 32) source.copy(target, at, start, end)
  else for (let i = 0; i < length; i++) target[at + i] = source[start + i]
  return at + length
}

function writeCopy(target: Buffer, at: number, distance: number, length: number): number {
  let rest = length
  // A copy is 4 to 64 bytes long; what is left after one of 64 must still be at least 4.
  while (rest >= 68) {
    at = writeCopy2(target, at, distance, 64)
    rest -= 64
  }
  if (rest > 64) {
    at = writeCopy2(target, at, distance, 60)
    rest -= 60
  }
  if (rest >= 12 || distance >= 2048) return writeCopy2(target, at, distance, rest)
  target[at++] = ((distance >>> 8) << 5) | ((rest - 4) << 2) | COPY_1
  target[at++] = distance & 0xff
  return at
}

function writeCopy2(target: Buffer, at: number, distance: number, length: number): number {
  target[at++] = ((length - 1) << 2) | COPY_2
  target[at++] = distance & 0xff
  target[at++] = distance >>> 8
  return at
}

/** Length of what the block at `start` says it makes, and where its elements begin. */
export function readSnappyLength(
  source: Buffer,
  start: number,
  end: number,
): { length: number; elementsStart: number } {
  let length = 0
  let at = start
  for (let scale = 1; ; scale *= 128) {
    if (at >= end || scale > 0x1000_0000) throw malformedBlock(at)
    const byte = source[at++]
    length += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  // Nobody may have memory allocated by a claim that the input could not make true.
  if (length > (end - at) * MAX_EXPANSION) throw malformedBlock(start)
  return { length, elementsStart: at }
}

/**
 * Decompresses the elements of a block into `target` from `start` up to `limit`, which they must fill exactly.
 * @throws DecodeError if the block is malformed
 */
export function decompressSnappyElements(
  source: Buffer,
  elementsStart: number,
  end: number,
  target: Buffer,
  start: number,
  limit: number,
): void {
  let from = elementsStart
  let at = start
  while (from < end) {
    const tag = source[from++]
    let length: number
    let distance: number
    switch (tag & 3) {
      case LITERAL: {
        length = tag >>> 2
        if (length >= 60) {
          const bytes = length - 59
          if (from + bytes > end) throw malformedBlock(from)
          length = source.readUIntLE(from, bytes)
          from += bytes
        }
        length++
        const literalsEnd = from + length
        const stop = at + length
        if (literalsEnd > end || stop > limit) throw malformedBlock(from)
        if (length > 32) source.copy(target, at, from, literalsEnd)
        else if (literalsEnd + OVERRUN <= end && stop + OVERRUN <= limit) {
          for (; at < stop; at += 4, from += 4) {
            target[at] = source[from]
            target[at + 1] = source[from + 1]
            target[at + 2] = source[from + 2]
            target[at + 3] = source[from + 3]
          }
        } else while (at < stop) target[at++] = source[from++]
        at = stop
        from = literalsEnd
        continue
      }
      case COPY_1:
        if (from >= end) throw malformedBlock(from)
        length = ((tag >>> 2) & 7) + 4
        distance = ((tag >>> 5) << 8) | source[from++]
        break
      case COPY_2:
        if (from + 2 > end) throw malformedBlock(from)
        length = (tag >>> 2) + 1
        distance = source[from] | (source[from + 1] << 8)
        from += 2
        break
      default:
        if (from + 4 > end) throw malformedBlock(from)
        length = (tag >>> 2) + 1
        distance = source.readUInt32LE(from)
        from += 4
    }
    if (distance === 0 || at - distance < start || at + length > limit) throw malformedBlock(from)
    const stop = at + length
    let back = at - distance
    // A copy may overlap what it makes; then it repeats, and only a forward copy does that.
    if (distance >= 4 && stop + OVERRUN <= limit) {
      for (; at < stop; at += 4, back += 4) {
        target[at] = target[back]
        target[at + 1] = target[back + 1]
        target[at + 2] = target[back + 2]
        target[at + 3] = target[back + 3]
      }
      at = stop
    } else while (at < stop) target[at++] = target[back++]
  }
  if (at !== limit) throw malformedBlock(from)
}

function malformedBlock(position: number): Error {
  return malformed('snappy', 'malformed block', position)
}
