import { SerializationError } from '../errors.ts'
import { Message } from './message.ts'
import type { Deserializer } from './options.ts'

/** A {@link SerializationError} from `next()`: `record` is the message with the bytes as they came. */
export class DeserializationError extends SerializationError {
  declare readonly record: Message

  constructor(message: string, record: Message, cause: unknown) {
    const { topic, partition, offset } = record
    super(message, { code: 'DESERIALIZATION_FAILED', topic, partition, offset, cause })
    this.name = 'SerializationError'
    // Not enumerable: the message already says which record it is.
    Object.defineProperty(this, 'record', { value: record, enumerable: false })
  }
}

/** Applies a consumer's deserializers to a message, in place. Without any, messages stay as they are. */
export class Deserialization<K, V> {
  readonly #key: Deserializer<K> | undefined
  readonly #value: Deserializer<V> | undefined

  constructor(key: Deserializer<K> | undefined, value: Deserializer<V> | undefined) {
    this.#key = key
    this.#value = value
  }

  /** True if messages are to be delivered as they came. */
  get isNone(): boolean {
    return this.#key === undefined && this.#value === undefined
  }

  /**
   * @returns a promise only if a deserializer did
   * @throws DeserializationError, or rejects with it
   */
  apply(raw: Message): Message<K, V> | Promise<Message<K, V>> {
    if (Message.isDeserialized(raw)) return raw as unknown as Message<K, V>
    const key = this.#part('key', raw, raw.rawKey, this.#key)
    const value = this.#valueBeside(key, raw)
    if (!(key instanceof Promise || value instanceof Promise)) return Message.deserialize(raw, key, value)
    return Promise.all([key, value]).then(([key, value]) => Message.deserialize(raw, key, value))
  }

  #valueBeside(key: K | null | Promise<K | null>, raw: Message): V | null | Promise<V | null> {
    try {
      return this.#part('value', raw, raw.rawValue, this.#value)
    } catch (error) {
      // One error is enough; nobody waits for the key any more.
      if (key instanceof Promise) key.catch(() => {})
      throw error
    }
  }

  #part<T>(
    name: 'key' | 'value',
    raw: Message,
    data: Buffer | null,
    deserialize: Deserializer<T> | undefined,
  ): T | null | Promise<T | null> {
    if (data === null) return null
    // Without a deserializer of its own the part's type is Buffer.
    if (deserialize === undefined) return data as unknown as T
    try {
      const result = deserialize(raw.topic, data, raw.headers)
      if (!isThenable(result)) return result
      return Promise.resolve(result).catch((cause: unknown) => {
        throw failed(name, raw, cause)
      })
    } catch (cause) {
      throw failed(name, raw, cause)
    }
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function failed(name: 'key' | 'value', raw: Message, cause: unknown): DeserializationError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DeserializationError(
    `The ${name} of offset ${raw.offset} of ${raw.topic}-${raw.partition} could not be deserialized: ${reason}`,
    raw,
    cause,
  )
}
