import type { Dice } from './dice.ts'
import type { Mark, Sample } from './marking-writer.ts'

const LARGE_BYTES = 64 * 1024

/** A hostile input made of valid ones, or of nothing. `other` is what a part may be spliced in from. */
export function mutate(sample: Sample, other: Sample, dice: Dice): Buffer {
  if (dice.chance(0.02)) return dice.bytes(dice.below(120))
  if (dice.chance(0.01)) return Buffer.from(sample.bytes)
  if (dice.chance(0.005)) return inflate(sample, dice)
  let { bytes } = sample
  if (sample.marks.length > 0 && dice.chance(0.4)) bytes = lie(bytes, dice.pick(sample.marks), dice)
  else bytes = change(bytes, other.bytes, dice)
  while (dice.chance(0.25)) bytes = change(bytes, other.bytes, dice)
  return bytes
}

function change(bytes: Buffer, other: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1)
  const rest = bytes.length - at
  switch (dice.below(10)) {
    case 0:
      return flipBits(bytes, dice)
    case 1:
      return replace(bytes, at, Math.min(1, rest), dice.bytes(1))
    case 2:
      return bytes.subarray(0, at)
    case 3:
      return replace(bytes, at, 0, dice.bytes(1 + dice.below(8)))
    case 4:
      return replace(bytes, at, dice.below(Math.min(rest, 32) + 1), Buffer.alloc(0))
    case 5:
      return replace(bytes, at, 0, bytes.subarray(at, at + dice.below(64)))
    case 6: {
      const from = dice.below(other.length + 1)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from)])
    }
    case 7:
      return lie(bytes, { at, kind: dice.pick(['int8', 'int16', 'int32', 'varint']) }, dice)
    case 8:
      return Buffer.concat([bytes, dice.bytes(1 + dice.below(8))])
    default:
      return replace(bytes, at, Math.min(rest, 8), Buffer.alloc(Math.min(rest, 8), dice.pick([0, 0x7f, 0x80, 0xff])))
  }
}

/** Large: a part over and over, for what takes longer than it should with many bytes. */
function inflate({ bytes, marks }: Sample, dice: Dice): Buffer {
  if (marks.length > 0 && dice.chance(0.5)) return multiply(bytes, dice.pick(marks), dice)
  const at = dice.below(bytes.length + 1)
  const part = bytes.subarray(at, at + 1 + dice.below(dice.chance(0.5) ? 4 : 200))
  const copies = Math.floor(LARGE_BYTES / Math.max(1, part.length))
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(copies * part.length, part), bytes.subarray(at)])
}

/** More elements, where the mark is a count and the first element is as long as the guess of it. */
function multiply(bytes: Buffer, { at, kind }: Mark, dice: Dice): Buffer {
  const isVarint = kind === 'varint'
  const start = at + (isVarint ? varintLength(bytes, at) : 4)
  const part = bytes.subarray(start, start + 1 + dice.below(16))
  if (part.length === 0) return bytes
  const copies = Math.floor(LARGE_BYTES / part.length)
  const count = copies + (isVarint ? bytes[at] : bytes.readInt32BE(at))
  const head = isVarint ? [count | 0x80, (count >>> 7) | 0x80, count >>> 14] : [0, count >>> 16, count >>> 8, count]
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(head),
    Buffer.alloc(copies * part.length, part),
    bytes.subarray(start),
  ])
}

function flipBits(bytes: Buffer, dice: Dice): Buffer {
  const flipped = Buffer.from(bytes)
  if (bytes.length === 0) return flipped
  for (let count = 1 + dice.below(4); count > 0; count--) flipped[dice.below(bytes.length)] ^= 1 << dice.below(8)
  return flipped
}

/** Another integer than the one at `mark`. */
export function lie(bytes: Buffer, mark: Mark, dice: Dice): Buffer {
  const { at, kind } = mark
  if (kind === 'varint') return replace(bytes, at, varintLength(bytes, at), varintLie(bytes[at] ?? 0, dice))
  const width = kind === 'int8' ? 1 : kind === 'int16' ? 2 : 4
  if (at + width > bytes.length) return replace(bytes, at, 0, dice.bytes(width))
  const changed = Buffer.from(bytes)
  const now = changed.readIntBE(at, width)
  const largest = 2 ** (8 * width - 1) - 1
  const value = dice.pick([
    0,
    1,
    2,
    -1,
    -2,
    largest,
    -largest - 1,
    now - 1,
    now + 1,
    bytes.length - at - width,
    1_000_001,
  ])
  changed.writeIntBE(value > largest || value < -largest - 1 ? largest : value, at, width)
  return changed
}

const varintLies = [
  '00',
  '01',
  '02',
  '7f',
  'ffff01',
  'c1843d',
  'ffffff7f',
  'ffffffff07',
  '8080808008',
  'ffffffff0f',
].map((hex) => Buffer.from(hex, 'hex'))
/** Padded, with more than 32 bits, with more than 5 bytes, without an end. */
const varintForms = ['8000', '818000', '8080808000', '8080808010', 'ffffffff7f', '808080808000', 'ffffffffffffff'].map(
  (hex) => Buffer.from(hex, 'hex'),
)

function varintLie(now: number, dice: Dice): Buffer {
  if (dice.chance(0.3)) return Buffer.from([(now + (dice.chance(0.5) ? 1 : 127)) & 0x7f])
  return dice.pick(dice.chance(0.6) ? varintLies : varintForms)
}

function varintLength(bytes: Buffer, at: number): number {
  let length = 0
  while (at + length < bytes.length && length < 5) if (bytes[at + length++] < 0x80) break
  return length
}

function replace(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)])
}
