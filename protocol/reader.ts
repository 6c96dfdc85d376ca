import { DecodeError } from './errors.ts'

const TWO_POW_32 = 0x1_0000_0000
const empty = Buffer.alloc(0)

/**
 * Reads the wire types of Kafka's protocol from a part of a buffer. Nothing is read beyond `end`, and no length is
 * believed before it was compared with the bytes left: a {@link DecodeError} says what did not fit, and where.
 */
export class Reader {
  readonly buffer: Buffer
  /** Index in `buffer` of the next byte. */
  position: number
  /** Index in `buffer` after the last byte that may be read. */
  end: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  readBoolean(): boolean {
    return this.readInt8() !== 0
  }

  readInt8(): number {
    const at = this.advance(1)
    return (this.buffer[at] << 24) >> 24
  }

  readInt16(): number {
    const at = this.advance(2)
    const buffer = this.buffer
    return (((buffer[at] << 8) | buffer[at + 1]) << 16) >> 16
  }

  readUint16(): number {
    const at = this.advance(2)
    return (this.buffer[at] << 8) | this.buffer[at + 1]
  }

  readInt32(): number {
    const at = this.advance(4)
    const buffer = this.buffer
    return (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]
  }

  /** The nearest number: exact up to 2^53, rounded beyond, never an error. */
  readInt64(): number {
    const high = this.readInt32()
    const low = this.readInt32() >>> 0
    return high * TWO_POW_32 + low
  }

  readFloat64(): number {
    return this.buffer.readDoubleBE(this.advance(8))
  }

  readUnsignedVarint(): number {
    const first = this.position
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.advance(1)]
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw this.error('an unsigned varint is longer than 5 bytes', first)
  }

  readUuid(): string {
    const at = this.advance(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  readNullableString(): string | null {
    return this.text(this.readInt16())
  }

  readNullableCompactString(): string | null {
    return this.text(this.readUnsignedVarint() - 1)
  }

  /** A view on the buffer, not a copy. */
  readNullableBytes(): Buffer | null {
    return this.view(this.readInt32())
  }

  /** A view on the buffer, not a copy. */
  readNullableCompactBytes(): Buffer | null {
    return this.view(this.readUnsignedVarint() - 1)
  }

  /** Number of elements of an array, -1 for null. `minBytes` is the least that one element can take. */
  readArrayLength(minBytes: number): number {
    return this.checkedCount(this.readInt32(), minBytes)
  }

  readCompactArrayLength(minBytes: number): number {
    return this.checkedCount(this.readUnsignedVarint() - 1, minBytes)
  }

  skip(length: number): void {
    this.advance(length)
  }

  /** Lets nothing be read beyond the next `length` bytes; returns the end that held before, for {@link widen}. */
  narrow(length: number): number {
    const outerEnd = this.end
    if (length > this.remaining) throw this.error(`${bytes(length)} needed, but only ${this.remaining} left`)
    this.end = this.position + length
    return outerEnd
  }

  /** Ends what {@link narrow} began; all of it must have been read. */
  widen(outerEnd: number): void {
    if (this.remaining > 0) throw this.error(`${bytes(this.remaining)} are left over`)
    this.end = outerEnd
  }

  /** A DecodeError that knows its position. */
  error(message: string, position = this.position): DecodeError {
    return new DecodeError(message, { position })
  }

  private advance(length: number): number {
    const at = this.position
    if (length > this.end - at) throw this.error(`${bytes(length)} needed, but only ${this.end - at} left`)
    this.position = at + length
    return at
  }

  private text(length: number): string | null {
    if (length <= 0) return length === 0 ? '' : this.nullLength(length)
    const at = this.advance(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  private view(length: number): Buffer | null {
    if (length <= 0) return length === 0 ? empty : this.nullLength(length)
    const at = this.advance(length)
    return this.buffer.subarray(at, at + length)
  }

  private nullLength(length: number): null {
    if (length !== -1) throw this.error(`${length} is not a length`)
    return null
  }

  private checkedCount(count: number, minBytes: number): number {
    if (count < 0) {
      this.nullLength(count)
    } else if (count * minBytes > this.remaining) {
      throw this.error(`an array of ${count} elements does not fit into the ${bytes(this.remaining)} left`)
    }
    return count
  }
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}
