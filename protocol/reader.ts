import { DecodeError } from './errors.ts'
import {
  DECODED_BYTES,
  DECODED_BYTES_PER_BYTE,
  MAX_ARRAY_ELEMENTS,
  MAX_STRING_BYTES,
  MAX_TAGGED_FIELDS,
} from './limits.ts'

const TWO_POW_32 = 0x1_0000_0000
const empty = Buffer.alloc(0)

/**
 * Reads the wire types of Kafka's protocol from a part of a buffer. Nothing is read beyond `end`, and no length is
 * believed before it was compared with the bytes left: a {@link DecodeError} says what did not fit, and where. The memory
 * that arrays may take is bound by the bytes that there are to read.
 */
export class Reader {
  readonly buffer: Buffer
  /** Index in `buffer` of the next byte. */
  position: number
  /** Index in `buffer` after the last byte that may be read. */
  end: number
  /** Bytes of memory that arrays may still take. */
  private allowance: number

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = start
    this.end = end
    this.allowance = DECODED_BYTES + DECODED_BYTES_PER_BYTE * (end - start)
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Any byte but 0 is true. */
  readBoolean(): boolean {
    return this.buffer[this.advance(1)] !== 0
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
    const at = this.position
    if (at < this.end) {
      const byte = this.buffer[at]
      if (byte < 0x80) {
        this.position = at + 1
        return byte
      }
    }
    return this.longUnsignedVarint()
  }

  /** The byte before a struct that may be null: whether it is there. Any negative one says that it is not. */
  readPresence(): boolean {
    return this.buffer[this.advance(1)] < 0x80
  }

  readTaggedFieldCount(): number {
    const at = this.position
    const count = this.readUnsignedVarint()
    if (count === 0) return 0
    // Each has a tag and a size at least.
    if (count > MAX_TAGGED_FIELDS || 2 * count > this.remaining) {
      throw this.error(`${count} tagged fields do not fit into the ${bytes(this.remaining)} left`, at)
    }
    return count
  }

  /** The next tag of a section. They ascend, so that none can come twice and change what was read. */
  readTag(previous: number): number {
    const at = this.position
    const tag = this.readUnsignedVarint()
    if (tag <= previous) throw this.error(`tag ${tag} comes after tag ${previous}`, at)
    return tag
  }

  /** The size of what follows, which is there. */
  readSize(): number {
    const at = this.position
    const size = this.readUnsignedVarint()
    if (size > this.remaining) throw this.error(`${bytes(size)} needed, but only ${this.remaining} left`, at)
    return size
  }

  readUuid(): string {
    const at = this.advance(16)
    return this.buffer.toString('base64url', at, at + 16)
  }

  /** What is not UTF-8 reads as U+FFFD: one bad name of a stranger must not hide the rest of a message. */
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

  /** Takes what the elements of an array will need from the memory that the message may have. */
  charge(count: number, elementBytes: number): void {
    this.allowance -= count * elementBytes
    if (this.allowance < 0) throw this.tooLarge(count)
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
    if (length > MAX_STRING_BYTES) throw this.error(`a string of ${bytes(length)} is longer than ${MAX_STRING_BYTES}`)
    const at = this.advance(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  private tooLarge(count: number): DecodeError {
    const allowed = `${DECODED_BYTES} bytes and ${DECODED_BYTES_PER_BYTE} for each of its own`
    return this.error(`with an array of ${count} elements the message takes more memory than the ${allowed} allowed`)
  }

  private longUnsignedVarint(): number {
    const first = this.position
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.buffer[this.advance(1)]
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.buffer[this.advance(1)]
    if (last > 0x7f) throw this.error('an unsigned varint is longer than 5 bytes', first)
    if (last > 0x0f) throw this.error('an unsigned varint has more than 32 bits', first)
    return (value | (last << 28)) >>> 0
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
    } else if (count > MAX_ARRAY_ELEMENTS) {
      throw this.error(`an array of ${count} elements is longer than the ${MAX_ARRAY_ELEMENTS} allowed`)
    }
    return count
  }
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}
