import { EncodeError } from './errors.ts'
import { leaving } from './field-path.ts'
import type { PrimitiveKind, WireType } from './fields.ts'
import { MAX_ARRAY_ELEMENTS } from './limits.ts'
import type { Reader } from './reader.ts'
import { structCodec } from './struct-codec.ts'
import { notA, type Writer } from './writer.ts'

/** Reads and writes the values of one type in one version. */
export interface Codec<Value = any, Input = any> {
  /** The least that a value can take on the wire. */
  readonly minBytes: number
  /**
   * About the memory that a value takes beside the {@link SLOT_BYTES} that refer to it, in bytes. Not that of an array's
   * elements, which are counted when they are read, nor that of a text's characters, which take as much on the wire.
   */
  readonly memory: number
  read(reader: Reader): Value
  write(writer: Writer, value: Input): void
}

/** What a field or element takes in the object or array that has it. */
export const SLOT_BYTES = 8
/** What V8 takes for an object without its fields, and for an array without its elements. */
export const OBJECT_BYTES = 24
export const ARRAY_BYTES = 48
const NUMBER_BYTES = 16
const TEXT_BYTES = 24
const BUFFER_BYTES = 104

/** Elements that an array has room for at once. One of few then has no more than it needs; a longer one grows. */
const MAX_ROOM = 1000

/** What the layout of a type depends on. */
export interface Layout {
  readonly version: number
  /** Compact lengths, and a section of tagged fields at the end of each struct. */
  readonly flexible: boolean
}

export function typeCodec(type: WireType, mayBeNull: boolean, layout: Layout): Codec {
  switch (type.kind) {
    case 'struct': {
      const codec = structCodec(type.fields, layout)
      return mayBeNull ? nullableStruct(codec) : codec
    }
    case 'array': {
      const codec = arrayCodec(typeCodec(type.element.type, false, layout), layout.flexible)
      return mayBeNull ? codec : withoutNull(codec)
    }
    case 'string':
    case 'bytes':
    case 'records': {
      const codec = (layout.flexible ? compactCodecs : lengthCodecs)[type.kind]
      return mayBeNull ? codec : withoutNull(codec)
    }
    default:
      return fixedCodecs[type.kind]
  }
}

type LengthKind = 'string' | 'bytes' | 'records'

const fixedCodecs: Record<Exclude<PrimitiveKind, LengthKind>, Codec> = {
  boolean: {
    minBytes: 1,
    memory: 0,
    read: (reader) => reader.readBoolean(),
    write: (writer, value) => writer.writeBoolean(value),
  },
  int8: {
    minBytes: 1,
    memory: 0,
    read: (reader) => reader.readInt8(),
    write: (writer, value) => writer.writeInt8(value),
  },
  int16: {
    minBytes: 2,
    memory: 0,
    read: (reader) => reader.readInt16(),
    write: (writer, value) => writer.writeInt16(value),
  },
  uint16: {
    minBytes: 2,
    memory: 0,
    read: (reader) => reader.readUint16(),
    write: (writer, value) => writer.writeUint16(value),
  },
  int32: {
    minBytes: 4,
    memory: 0,
    read: (reader) => reader.readInt32(),
    write: (writer, value) => writer.writeInt32(value),
  },
  int64: {
    minBytes: 8,
    memory: NUMBER_BYTES,
    read: (reader) => reader.readInt64(),
    write: (writer, value) => writer.writeInt64(value),
  },
  float64: {
    minBytes: 8,
    memory: NUMBER_BYTES,
    read: (reader) => reader.readFloat64(),
    write: (writer, value) => writer.writeFloat64(value),
  },
  uuid: {
    minBytes: 16,
    memory: 2 * TEXT_BYTES,
    read: (reader) => reader.readUuid(),
    write: (writer, value) => writer.writeUuid(value),
  },
}

// What has a length can say null by its length. These codecs let it pass; `withoutNull` keeps it out.

const lengthCodecs: Record<LengthKind, Codec> = {
  string: {
    minBytes: 2,
    memory: TEXT_BYTES,
    read: (reader) => reader.readNullableString(),
    write: (writer, value) => (value === null ? writer.writeInt16(-1) : writer.writeString(value)),
  },
  bytes: {
    minBytes: 4,
    memory: BUFFER_BYTES,
    read: (reader) => reader.readNullableBytes(),
    write: (writer, value) => (value === null ? writer.writeInt32(-1) : writer.writeBytes(value)),
  },
  records: {
    minBytes: 4,
    memory: BUFFER_BYTES,
    read: (reader) => reader.readNullableBytes(),
    write: (writer, value) => (value === null ? writer.writeInt32(-1) : writer.writeRecords(value)),
  },
}

const compactCodecs: Record<LengthKind, Codec> = {
  string: {
    minBytes: 1,
    memory: TEXT_BYTES,
    read: (reader) => reader.readNullableCompactString(),
    write: (writer, value) => (value === null ? writer.writeUnsignedVarint(0) : writer.writeCompactString(value)),
  },
  bytes: {
    minBytes: 1,
    memory: BUFFER_BYTES,
    read: (reader) => reader.readNullableCompactBytes(),
    write: (writer, value) => (value === null ? writer.writeUnsignedVarint(0) : writer.writeCompactBytes(value)),
  },
  records: {
    minBytes: 1,
    memory: BUFFER_BYTES,
    read: (reader) => reader.readNullableCompactBytes(),
    write: (writer, value) => (value === null ? writer.writeUnsignedVarint(0) : writer.writeCompactRecords(value)),
  },
}

function arrayCodec(element: Codec, compact: boolean): Codec<unknown[] | null, readonly unknown[] | null> {
  // No element takes less than a byte, or a few bytes could announce billions of them.
  const elementBytes = Math.max(element.minBytes, 1)
  const elementMemory = SLOT_BYTES + element.memory
  return {
    minBytes: compact ? 1 : 4,
    memory: ARRAY_BYTES,
    read(reader) {
      const length = compact ? reader.readCompactArrayLength(elementBytes) : reader.readArrayLength(elementBytes)
      if (length <= 0) return length < 0 ? null : []
      reader.charge(length, elementMemory)
      const items: unknown[] = new Array(Math.min(length, MAX_ROOM))
      let index = 0
      try {
        for (; index < length; index++) items[index] = element.read(reader)
      } catch (error) {
        throw leaving(`[${index}]`, error)
      }
      return items
    },
    write(writer, items) {
      if (items !== null && !Array.isArray(items)) throw notA('array', items)
      const length = items === null ? -1 : items.length
      if (length > MAX_ARRAY_ELEMENTS) {
        throw new EncodeError(`an array of ${length} elements is longer than the ${MAX_ARRAY_ELEMENTS} allowed`)
      }
      if (compact) writer.writeUnsignedVarint(length + 1)
      else writer.writeInt32(length)
      if (items === null) return
      let index = 0
      try {
        for (; index < length; index++) element.write(writer, items[index])
      } catch (error) {
        throw leaving(`[${index}]`, error)
      }
    },
  }
}

function withoutNull(codec: Codec): Codec {
  return {
    minBytes: codec.minBytes,
    memory: codec.memory,
    read(reader) {
      const value = codec.read(reader)
      if (value === null) throw reader.error('null is not allowed')
      return value
    },
    write(writer, value) {
      if (value === null) throw new EncodeError('null is not allowed')
      codec.write(writer, value)
    },
  }
}

/** A struct has no length; a byte before it says whether it is there. */
function nullableStruct(codec: Codec): Codec {
  return {
    minBytes: 1,
    memory: codec.memory,
    read: (reader) => (reader.readPresence() ? codec.read(reader) : null),
    write(writer, value) {
      writer.writeInt8(value === null ? -1 : 1)
      if (value !== null) codec.write(writer, value)
    },
  }
}
