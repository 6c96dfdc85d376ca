import type { HeaderList, RecordField } from '../../protocol/records/index.ts'
import { KafkaError, SerializationError, UsageError } from '../errors.ts'
import { describe, mistyped, type OptionCheck } from '../options.ts'

/** Turns a key or value into bytes, or into null. A null key or value never reaches it. */
export type Serializer<T> = (
  topic: string,
  value: T,
  headers: HeaderList,
) => Uint8Array | null | Promise<Uint8Array | null>

/** A serializer, or an object with one, such as the members of `serde`. */
export type SerializerOption<T> = Serializer<T> | { serialize: Serializer<T> }

export const serializer: OptionCheck<SerializerOption<never>> = (value, path) => {
  if (typeof value === 'function') return value as Serializer<never>
  if (typeof (value as { serialize?: unknown } | null)?.serialize === 'function') {
    return value as { serialize: Serializer<never> }
  }
  throw mistyped(path, 'a function, or an object with a function `serialize`', value)
}

/** The part of a record that is being serialised, as errors name it. */
export type RecordPart = 'key' | 'value'

/**
 * The bytes of a key or value; a promise only if the serializer returned one.
 * @throws UsageError for a value that needs a serializer where there is none; SerializationError if the serializer failed
 */
export function serialize(
  part: RecordPart,
  topic: string,
  value: unknown,
  headers: HeaderList,
  serializer: SerializerOption<never> | undefined,
): RecordField | Promise<RecordField> {
  if (value === null) return null
  if (serializer === undefined) {
    if (typeof value === 'string' || value instanceof Uint8Array) return value
    throw new UsageError(
      `Message ${part} for topic '${topic}' must be a Buffer, Uint8Array, string or null without a ` +
        `${part}Serializer, got ${describe(value)}`,
      { topic },
    )
  }
  let bytes: Uint8Array | null | Promise<Uint8Array | null>
  try {
    bytes =
      typeof serializer === 'function'
        ? serializer(topic, value as never, headers)
        : serializer.serialize(topic, value as never, headers)
  } catch (error) {
    throw serializerFailed(part, topic, error)
  }
  if (isPromise(bytes)) {
    return Promise.resolve(bytes).then(
      (result) => checkBytes(part, topic, result),
      (error) => {
        throw serializerFailed(part, topic, error)
      },
    )
  }
  return checkBytes(part, topic, bytes)
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === 'function'
}

function checkBytes(part: RecordPart, topic: string, bytes: Uint8Array | null): Uint8Array | null {
  if (bytes === null || bytes instanceof Uint8Array) return bytes
  throw new SerializationError(
    `The ${part}Serializer for topic '${topic}' must return a Buffer or null, got ${describe(bytes)}`,
    { topic },
  )
}

function serializerFailed(part: RecordPart, topic: string, error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new SerializationError(`The ${part}Serializer for topic '${topic}' failed: ${reason}`, { topic, cause: error })
}
