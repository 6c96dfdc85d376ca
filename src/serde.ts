import { SerializationError } from './errors.ts'

/**
 * How a value becomes bytes and back. One can be given wherever a serializer or a deserializer is asked for:
 * `kafka.producer({ valueSerializer: serde.int32 })`, `kafka.consumer({ valueDeserializer: serde.int32 })`.
 * A null key or value has no bytes and never reaches it.
 */
export interface Serde<T, Input = T> {
  serialize(topic: string, value: Input): Buffer
  /** @throws SerializationError if `data` cannot have come from `serialize` */
  deserialize(topic: string, data: Buffer): T
}

/** UTF-8, as Java's `StringSerializer`. */
const string: Serde<string> = {
  serialize(topic, value) {
    if (typeof value !== 'string') throw unfit(topic, 'a string', value)
    return Buffer.from(value)
  },
  deserialize: (_topic, data) => data.toString(),
}

/** Bytes as they are. */
const buffer: Serde<Buffer, Uint8Array> = {
  serialize(topic, value) {
    if (Buffer.isBuffer(value)) return value
    if (!(value instanceof Uint8Array)) throw unfit(topic, 'a Uint8Array', value)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  },
  deserialize: (_topic, data) => data,
}

/** 32 bits, big-endian, as Java's `IntegerSerializer`. */
const int32: Serde<number> = {
  serialize(topic, value) {
    if (!Number.isInteger(value) || value !== (value | 0)) throw unfit(topic, 'an integer of 32 bits', value)
    const data = Buffer.allocUnsafe(4)
    data.writeInt32BE(value)
    return data
  },
  deserialize: (topic, data) => sized(topic, data, 4).readInt32BE(),
}

/** 64 bits, big-endian, as Java's `LongSerializer`; read as `bigint`, so that nothing is rounded. */
const int64: Serde<bigint, bigint | number> = {
  serialize(topic, value) {
    const exact = typeof value === 'bigint' || Number.isSafeInteger(value)
    if (!exact || BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) {
      throw unfit(topic, 'a bigint of 64 bits or a safe integer', value)
    }
    const data = Buffer.allocUnsafe(8)
    data.writeBigInt64BE(BigInt(value))
    return data
  },
  deserialize: (topic, data) => sized(topic, data, 8).readBigInt64BE(),
}

/** 64 bits, big-endian, as Java's `DoubleSerializer`. */
const float64: Serde<number> = {
  serialize(topic, value) {
    if (typeof value !== 'number') throw unfit(topic, 'a number', value)
    const data = Buffer.allocUnsafe(8)
    data.writeDoubleBE(value)
    return data
  },
  deserialize: (topic, data) => sized(topic, data, 8).readDoubleBE(),
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The text form, `123e4567-e89b-12d3-a456-426614174000`, as Java's `UUIDSerializer`. */
const uuid: Serde<string> = {
  serialize(topic, value) {
    if (typeof value !== 'string' || !UUID.test(value)) throw unfit(topic, 'a UUID in text form', value)
    return Buffer.from(value)
  },
  deserialize(topic, data) {
    const value = data.toString()
    if (!UUID.test(value)) throw malformed(topic, `${data.length} bytes are not a UUID in text form`)
    return value
  },
}

/** JSON text in UTF-8. The type is the caller's promise: what is read is not checked against it. */
function json<T = unknown>(): Serde<T> {
  return {
    serialize(topic, value) {
      let text: string | undefined
      try {
        text = JSON.stringify(value)
      } catch (error) {
        // A cycle, a bigint, or a toJSON that throws.
        throw new SerializationError(`Value for topic '${topic}' is not JSON: ${(error as Error).message}`, {
          topic,
          cause: error,
        })
      }
      if (text === undefined) throw unfit(topic, 'what JSON can express', value)
      return Buffer.from(text)
    },
    deserialize(topic, data) {
      try {
        return JSON.parse(data.toString()) as T
      } catch (error) {
        throw malformed(topic, `${data.length} bytes are not JSON`, error)
      }
    },
  }
}

/** Serializers and deserializers for common types; those that Java has too are byte for byte the same. */
export const serde = { string, buffer, int32, int64, float64, uuid, json } as const

function unfit(topic: string, expected: string, value: unknown): SerializationError {
  const got = value === null ? 'null' : typeof value === 'number' ? String(value) : typeof value
  return new SerializationError(`Value for topic '${topic}' must be ${expected}, got ${got}`, { topic })
}

function malformed(topic: string, reason: string, cause?: unknown): SerializationError {
  return new SerializationError(`Value from topic '${topic}' is malformed: ${reason}`, {
    code: 'DESERIALIZATION_FAILED',
    topic,
    cause,
  })
}

function sized(topic: string, data: Buffer, length: number): Buffer {
  if (data.length === length) return data
  throw malformed(topic, `${data.length} bytes where there must be ${length}`)
}
