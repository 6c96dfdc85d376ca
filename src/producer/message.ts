import type { HeaderList, RecordField } from '../../protocol/records/index.ts'
import { UsageError } from '../errors.ts'
import { describe } from '../options.ts'

/** What can be written without a serializer. */
export type Bytes = Buffer | Uint8Array | string

/** A key or value: what the serializer takes, or bytes where there is none; null is null. */
export type Serializable<T> = ([T] extends [never] ? Bytes : T) | null

export type HeaderValue = Bytes | null

type HeaderValues = HeaderValue | readonly HeaderValue[]

/**
 * Headers by name, or pairs in order, such as those of a consumed message; several values of one name may be an array.
 * Text is written as UTF-8, null values are kept.
 */
export type MessageHeaders =
  | { readonly [name: string]: HeaderValues }
  | Iterable<readonly [name: string, value: HeaderValues]>

/** A record to be sent. */
export interface ProducerMessage<K = never, V = never> {
  topic: string
  /** Records with the same key go to the same partition. Default null: spread over the partitions. */
  key?: Serializable<K>
  /** `null` is a tombstone: on a compacted topic it deletes the key. */
  value: Serializable<V>
  headers?: MessageHeaders
  /** Overrules the partitioner. */
  partition?: number
  /** Ms since the epoch. Default now. */
  timestamp?: number
}

/** Where a record was written. */
export interface RecordMetadata {
  topic: string
  partition: number
  /** −1 where it is unknown: with acks 0, and for a batch that the broker recognised as a repeated one. */
  offset: number
  /** Ms since the epoch: the record's own, or the broker's where the topic has `message.timestamp.type=LogAppendTime`. */
  timestamp: number
}

export const NO_HEADERS: HeaderList = []

/** @throws UsageError naming the field that is missing or wrong */
export function checkMessage(message: ProducerMessage<never, never>): void {
  if (message === null || typeof message !== 'object') {
    throw new UsageError(`A message must be an object, got ${describe(message)}`)
  }
  const { topic, value, partition, timestamp } = message
  if (typeof topic !== 'string' || topic === '') {
    throw new UsageError(`Message field 'topic' must be a non-empty string, got ${describe(topic)}`)
  }
  if (value === undefined) {
    // The shape of KafkaJS: one topic, and a list of messages.
    const hint = 'messages' in message ? '; to send several messages, use sendBatch()' : '; null is a tombstone'
    throw new UsageError(`Message field 'value' for topic '${topic}' is undefined${hint}`, { topic })
  }
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) throw misfit('partition', message)
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0))
    throw misfit('timestamp', message)
}

function misfit(field: 'partition' | 'timestamp', message: ProducerMessage): UsageError {
  const { topic } = message
  return new UsageError(
    `Message field '${field}' for topic '${topic}' must be an integer of at least 0, got ${describe(message[field])}`,
    { topic },
  )
}

/**
 * Headers as the record format has them: pairs in order, names repeated where they were.
 * @throws UsageError naming the header
 */
export function normaliseHeaders(topic: string, headers: MessageHeaders | undefined): HeaderList {
  if (headers === undefined) return NO_HEADERS
  if (headers === null || typeof headers !== 'object') throw notHeaders(topic, headers)
  const list: Array<readonly [string, RecordField]> = []
  if (isIterable(headers)) {
    for (const pair of headers) {
      if (!Array.isArray(pair) || pair.length !== 2) throw notHeaders(topic, pair)
      addHeader(list, topic, pair[0], pair[1])
    }
  } else {
    for (const name of Object.keys(headers)) addHeader(list, topic, name, headers[name])
  }
  return list
}

function isIterable(headers: MessageHeaders): headers is Iterable<readonly [string, HeaderValues]> {
  return typeof (headers as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
}

function addHeader(list: Array<readonly [string, RecordField]>, topic: string, name: unknown, value: unknown): void {
  if (Array.isArray(value)) for (const each of value) list.push(header(topic, name, each))
  else list.push(header(topic, name, value))
}

function header(topic: string, name: unknown, value: unknown): readonly [string, RecordField] {
  if (typeof name !== 'string') {
    throw new UsageError(`The name of a header for topic '${topic}' must be a string, got ${describe(name)}`, { topic })
  }
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return [name, value]
  throw new UsageError(
    `Header '${name}' for topic '${topic}' must be a Buffer, Uint8Array, string or null, got ${describe(value)}`,
    { topic },
  )
}

function notHeaders(topic: string, got: unknown): UsageError {
  return new UsageError(
    `Message field 'headers' for topic '${topic}' must be an object or an iterable of [name, value], got ${describe(got)}`,
    { topic },
  )
}
