/**
 * Zigzag variable-length integers of record batches (protobuf's sint32 and sint64). Values of 64 bits are numbers here:
 * a timestamp or its distance to another one is far below 2^53, and one that is not reads as the nearest number.
 */

const TWO_POW_31 = 0x8000_0000
const SMALL = 0x4000_0000

/** Bytes that an int32 takes. */
export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Bytes that an int64 takes. */
export function sizeOfVarlong(value: number): number {
  if (value >= -SMALL && value < SMALL) return sizeOfVarint(value)
  let rest = Math.floor(magnitudeOf(value) / 64)
  let size = 1
  for (; rest > 0; size++) rest = Math.floor(rest / 128)
  return size
}

/** Writes an int32 and returns the position behind it. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  let zigzag = (value << 1) ^ (value >> 31)
  while ((zigzag & ~0x7f) !== 0) {
    buffer[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[at++] = zigzag
  return at
}

/** Writes an int64 and returns the position behind it. */
export function writeVarlong(buffer: Uint8Array, at: number, value: number): number {
  if (value >= -SMALL && value < SMALL) return writeVarint(buffer, at, value)
  const magnitude = magnitudeOf(value)
  // `%` and not `&`: the value has more than 32 bits.
  let low = (magnitude % 64) * 2 + (value < 0 ? 1 : 0)
  for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) {
    buffer[at++] = low | 0x80
    low = rest % 128
  }
  buffer[at++] = low
  return at
}

/** Zigzag without its last bit, the sign: twice the distance of two timestamps may be more than a number can hold. */
function magnitudeOf(value: number): number {
  return value < 0 ? -(value + 1) : value
}

/** The int64 at a position, for the few that a number cannot hold. */
export function exactVarlong(data: Uint8Array, at: number): bigint {
  let zigzag = 0n
  let byte: number
  let shift = 0n
  do {
    byte = data[at++]
    zigzag |= BigInt(byte & 0x7f) << shift
    shift += 7n
  } while (byte >= 0x80 && shift < 70n)
  return (zigzag >> 1n) ^ -(zigzag & 1n)
}

/**
 * Reads varints one after another. The loop over records runs through here for every field, so nothing is checked
 * against the end of the data: a read beyond it yields nonsense, leaves `position` beyond the end, and the caller looks
 * at that once a record. An encoding that is too long sets `overlong`.
 */
export class VarintCursor {
  position = 0
  overlong = false
  readonly #data: Uint8Array

  constructor(data: Uint8Array, position: number) {
    this.#data = data
    this.position = position
  }

  varint(): number {
    const data = this.#data
    const first = data[this.position++]
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let zigzag = first & 0x7f
    let shift = 7
    let byte: number
    do {
      byte = data[this.position++]
      if (shift === 28 && byte > 0x0f) this.overlong = true
      zigzag |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80 && shift < 35)
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  varlong(): number {
    const data = this.#data
    const first = data[this.position++]
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let low = first & 0x7f
    let byte = data[this.position++]
    low |= (byte & 0x7f) << 7
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    byte = data[this.position++]
    low |= (byte & 0x7f) << 14
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    byte = data[this.position++]
    low |= (byte & 0x7f) << 21
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    let high = 0
    let scale = 1
    for (let i = 0; ; i++) {
      byte = data[this.position++]
      high += (byte & 0x7f) * scale
      scale *= 128
      if (i === 5 && byte > 1) this.overlong = true
      if (!(byte >= 0x80) || i === 5) break
    }
    const magnitude = high * (TWO_POW_31 / 16) + Math.floor(low / 2)
    return (low & 1) === 0 ? magnitude : -magnitude - 1
  }
}
