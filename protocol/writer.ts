import { EncodeError } from './errors.ts'
import { MAX_STRING_BYTES } from './limits.ts'
import { shown } from './shown.ts'
import { checkUuid } from './uuid.ts'

const TWO_POW_32 = 0x1_0000_0000
const MAX_INT32 = 0x7fff_ffff
/** From this size on bytes are passed on as they are: a copy would cost more than one more chunk in a socket write. */
const SPLICE_BYTES = 4096

/** Records as they are handed to a {@link Writer}: one buffer, or several that follow one another. */
export type RecordsInput = Uint8Array | readonly Uint8Array[]

/**
 * Writes the wire types of Kafka's protocol into a growing buffer. Large byte fields are not copied: they become chunks
 * of their own in the result, so their content must not change until it was sent. A value that its wire type cannot
 * hold is an {@link EncodeError}.
 */
export class Writer {
  private buffer: Buffer
  private position = 0
  /** Where in `buffer` the bytes begin that no chunk holds yet. */
  private chunkStart = 0
  private readonly chunks: Buffer[] = []
  private chunkBytes = 0

  constructor(capacity = 512) {
    this.buffer = Buffer.allocUnsafe(capacity)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.chunkBytes + this.position - this.chunkStart
  }

  /** Everything written, in order. The first chunk holds at least what was written before the first byte field. */
  finish(): Buffer[] {
    this.closeChunk()
    return this.chunks
  }

  writeBoolean(value: boolean): void {
    if (typeof value !== 'boolean') throw notA('boolean', value)
    const at = this.reserve(1)
    this.buffer[at] = value ? 1 : 0
  }

  writeInt8(value: number): void {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) throw notA('8-bit integer', value)
    const at = this.reserve(1)
    this.buffer[at] = value
  }

  writeInt16(value: number): void {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) throw notA('16-bit integer', value)
    const at = this.reserve(2)
    this.buffer[at] = value >> 8
    this.buffer[at + 1] = value
  }

  writeUint16(value: number): void {
    if (typeof value !== 'number' || (value & 0xffff) !== value) throw notA('16-bit unsigned integer', value)
    const at = this.reserve(2)
    this.buffer[at] = value >> 8
    this.buffer[at + 1] = value
  }

  writeInt32(value: number): void {
    if (typeof value !== 'number' || (value | 0) !== value) throw notA('32-bit integer', value)
    this.putInt32(this.reserve(4), value)
  }

  /** A number must be a safe integer: beyond 2^53 it no longer says which integer is meant, a bigint does. */
  writeInt64(value: number | bigint): void {
    if (typeof value === 'bigint') {
      if (!isInt64(value)) throw notA('64-bit integer', value)
      const at = this.reserve(8)
      this.buffer.writeBigInt64BE(value, at)
      return
    }
    if (!Number.isSafeInteger(value)) throw notA('safe integer', value)
    const high = Math.floor(value / TWO_POW_32)
    const at = this.reserve(8)
    this.putInt32(at, high)
    this.putInt32(at + 4, value - high * TWO_POW_32)
  }

  writeFloat64(value: number): void {
    if (typeof value !== 'number') throw notA('number', value)
    const at = this.reserve(8)
    this.buffer.writeDoubleBE(value, at)
  }

  writeUnsignedVarint(value: number): void {
    let at = this.reserve(5)
    const buffer = this.buffer
    let rest = value
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.position = at
  }

  writeUuid(value: string): void {
    checkUuid(value)
    const at = this.reserve(16)
    this.buffer.write(value, at, 16, 'base64url')
  }

  writeString(value: string): void {
    const length = stringBytes(value)
    this.writeInt16(length)
    const at = this.reserve(length)
    this.buffer.write(value, at, length, 'utf8')
  }

  writeCompactString(value: string): void {
    const length = stringBytes(value)
    this.writeUnsignedVarint(length + 1)
    const at = this.reserve(length)
    this.buffer.write(value, at, length, 'utf8')
  }

  writeBytes(value: Uint8Array): void {
    this.writeInt32(byteCount(value))
    this.append(value)
  }

  writeCompactBytes(value: Uint8Array): void {
    this.writeUnsignedVarint(byteCount(value) + 1)
    this.append(value)
  }

  writeRecords(value: RecordsInput): void {
    const length = recordsBytes(value)
    this.writeInt32(length)
    this.appendRecords(value, length)
  }

  writeCompactRecords(value: RecordsInput): void {
    const length = recordsBytes(value)
    this.writeUnsignedVarint(length + 1)
    this.appendRecords(value, length)
  }

  /** Bytes without a length before them. Large ones are not copied. */
  append(value: Uint8Array): void {
    if (value.length < SPLICE_BYTES) {
      const at = this.reserve(value.length)
      this.buffer.set(value, at)
      return
    }
    this.closeChunk()
    this.chunks.push(Buffer.from(value.buffer, value.byteOffset, value.length))
    this.chunkBytes += value.length
  }

  private appendRecords(value: RecordsInput, length: number): void {
    if (value instanceof Uint8Array) {
      this.append(value)
      return
    }
    const end = this.length + length
    for (const part of value) this.append(part)
    if (this.length !== end) throw new EncodeError('the records changed while they were written')
  }

  private closeChunk(): void {
    if (this.position === this.chunkStart) return
    this.chunks.push(this.buffer.subarray(this.chunkStart, this.position))
    this.chunkBytes += this.position - this.chunkStart
    this.chunkStart = this.position
  }

  private putInt32(at: number, value: number): void {
    const buffer = this.buffer
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  /** Makes room and moves on; returns where the room begins. `buffer` may be another one afterwards. */
  private reserve(length: number): number {
    const at = this.position
    if (at + length <= this.buffer.length) {
      this.position = at + length
      return at
    }
    const open = at - this.chunkStart
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, open + length))
    this.buffer.copy(larger, 0, this.chunkStart, at)
    this.buffer = larger
    this.chunkStart = 0
    this.position = open + length
    return open
  }
}

function stringBytes(value: string): number {
  if (typeof value !== 'string') throw notA('string', value)
  const length = Buffer.byteLength(value, 'utf8')
  // Half of a surrogate pair would be written as U+FFFD, and another string than the given one would be read.
  if (length !== value.length && !value.isWellFormed()) throw new EncodeError('a string has a lone surrogate')
  if (length > MAX_STRING_BYTES)
    throw new EncodeError(`a string of ${length} bytes is longer than the ${MAX_STRING_BYTES} allowed`)
  return length
}

function byteCount(value: Uint8Array): number {
  if (!(value instanceof Uint8Array)) throw notA('Buffer or Uint8Array', value)
  if (value.length > MAX_INT32) throw new EncodeError(`${value.length} bytes are more than the ${MAX_INT32} allowed`)
  return value.length
}

function recordsBytes(value: RecordsInput): number {
  if (value instanceof Uint8Array) return byteCount(value)
  if (!Array.isArray(value)) throw notA('Buffer or array of Buffers', value)
  let sum = 0
  for (const part of value) sum += byteCount(part)
  if (sum > MAX_INT32) throw new EncodeError(`${sum} bytes are more than the ${MAX_INT32} allowed`)
  return sum
}

/** The error for a value that its wire type cannot hold. */
export function notA(wanted: string, value: unknown): EncodeError {
  return new EncodeError(`${shown(value)} is not ${/^[aeiou8]/.test(wanted) ? 'an' : 'a'} ${wanted}`)
}

function isInt64(value: unknown): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
}
