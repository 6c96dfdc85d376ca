import { isUtf8 } from 'node:buffer'
import { inspect } from 'node:util'
import { readHeaders } from '../../protocol/records/index.ts'
import { Headers } from './headers.ts'

export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** What the messages of one record batch have in common; kept once for all of them. */
export interface MessageBlock {
  readonly topic: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly timestampType: TimestampType
  /** Messages keep their timestamps as differences to this one: small integers cost V8 no allocation. */
  readonly baseTimestamp: number
  /** The records as received, decompressed. */
  readonly data: Buffer
}

/**
 * One message. Bytes are views on the received block: reading one copies nothing, and a message that is kept keeps
 * its whole block (often a megabyte) in memory; see {@link copy}.
 */
export class Message<K = Buffer, V = Buffer> {
  /** Its place in its partition. */
  readonly offset: number
  readonly #block: MessageBlock
  readonly #timestampDelta: number
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #headersStart: number
  readonly #headerCount: number
  #headers: Headers | null = null
  #deserialized: { key: K | null; value: V | null } | null = null

  /** @internal Positions are relative to `block.data`; a length of −1 is a null. */
  constructor(
    block: MessageBlock,
    offset: number,
    timestampDelta: number,
    keyStart: number,
    keyLength: number,
    valueStart: number,
    valueLength: number,
    headersStart: number,
    headerCount: number,
  ) {
    this.offset = offset
    this.#block = block
    this.#timestampDelta = timestampDelta
    this.#keyStart = keyStart
    this.#keyLength = keyLength
    this.#valueStart = valueStart
    this.#valueLength = valueLength
    this.#headersStart = headersStart
    this.#headerCount = headerCount
  }

  /** The topic that it was read from. */
  get topic(): string {
    return this.#block.topic
  }

  /** The partition of the topic, counted from 0. */
  get partition(): number {
    return this.#block.partition
  }

  /** Milliseconds since the epoch; see {@link timestampType}. −1 if it has none, as in message format 0 (Kafka before 0.10). */
  get timestamp(): number {
    return this.#block.baseTimestamp + this.#timestampDelta
  }

  /** Whether the producer (`CreateTime`) or the broker (`LogAppendTime`) set the timestamp. */
  get timestampType(): TimestampType {
    return this.#block.timestampType
  }

  /** Epoch of the leader that wrote the message; −1 if unknown. */
  get leaderEpoch(): number {
    return this.#block.leaderEpoch
  }

  /** What the key deserializer made of the key, or its bytes; null if the message has no key. */
  get key(): K | null {
    // Without deserializers K and V are Buffer: Consumer's type says so.
    return this.#deserialized === null ? (this.rawKey as K | null) : this.#deserialized.key
  }

  /** What the value deserializer made of the value, or its bytes; null for a tombstone. */
  get value(): V | null {
    return this.#deserialized === null ? (this.rawValue as V | null) : this.#deserialized.value
  }

  /** The key's bytes, whatever the deserializer made of them. */
  get rawKey(): Buffer | null {
    return view(this.#block.data, this.#keyStart, this.#keyLength)
  }

  /** The value's bytes, whatever the deserializer made of them. */
  get rawValue(): Buffer | null {
    return view(this.#block.data, this.#valueStart, this.#valueLength)
  }

  /** In the order in which they were sent, repeated names and null values kept. */
  get headers(): Headers {
    if (this.#headers === null) {
      this.#headers =
        this.#headerCount === 0
          ? Headers.none
          : new Headers(readHeaders(this.#block.data, this.#headersStart, this.#headerCount))
    }
    return this.#headers
  }

  /** The same message in memory of its own: keep this one where messages are kept for long. */
  copy(): Message<K, V> {
    const keyBytes = Math.max(0, this.#keyLength)
    const valueBytes = Math.max(0, this.#valueLength)
    // Not from Buffer's shared pool: a pooled slice would keep 8 KiB of strangers alive.
    const data = Buffer.allocUnsafeSlow(keyBytes + valueBytes)
    this.#block.data.copy(data, 0, this.#keyStart, this.#keyStart + keyBytes)
    this.#block.data.copy(data, keyBytes, this.#valueStart, this.#valueStart + valueBytes)
    const copied = new Message<K, V>(
      { ...this.#block, data },
      this.offset,
      this.#timestampDelta,
      0,
      this.#keyLength,
      keyBytes,
      this.#valueLength,
      0,
      0,
    )
    copied.#headers = this.headers.copy()
    if (this.#deserialized !== null) {
      copied.#deserialized = { key: detached(this.#deserialized.key), value: detached(this.#deserialized.value) }
    }
    return copied
  }

  /** Text for bytes that are UTF-8; other bytes as `Buffer` writes them. */
  toJSON(): Record<string, unknown> {
    return {
      ...this.#coordinates(),
      key: printable(this.key),
      value: printable(this.value),
      headers: this.headers.toJSON(),
    }
  }

  [inspect.custom](_depth: number, options: object): string {
    const fields = { ...this.#coordinates(), key: this.key, value: this.value, headers: this.headers }
    return `Message ${inspect(fields, options)}`
  }

  #coordinates(): Record<string, unknown> {
    const { topic, partition, offset, timestamp, timestampType, leaderEpoch } = this
    return { topic, partition, offset, timestamp, timestampType, leaderEpoch }
  }

  /** @internal */
  static isDeserialized(message: Message<unknown, unknown>): boolean {
    return message.#deserialized !== null
  }

  /** @internal Sets what the deserializers made of a raw message. */
  static deserialize<K, V>(raw: Message, key: K | null, value: V | null): Message<K, V> {
    const message = raw as unknown as Message<K, V>
    message.#deserialized = { key, value }
    return message
  }
}

function view(data: Buffer, start: number, length: number): Buffer | null {
  return length < 0 ? null : data.subarray(start, start + length)
}

/** A deserializer may pass its input through: then the bytes still are views on the block. */
function detached<T>(value: T): T {
  return value instanceof Uint8Array ? (Buffer.from(value) as unknown as T) : value
}

function printable(value: unknown): unknown {
  return Buffer.isBuffer(value) && isUtf8(value) ? value.toString() : value
}
