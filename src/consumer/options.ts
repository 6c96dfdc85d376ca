import type { SerializationError } from '../errors.ts'
import {
  boolean,
  callable,
  integer,
  invalidOption,
  mistyped,
  nonEmptyText,
  type OptionCheck,
  type OptionSchema,
  oneOf,
  optional,
  readOptions,
} from '../options.ts'
import { parseDuration } from './duration.ts'
import { type AssignorName, assignorNames } from './group/assignors/index.ts'
import type { Headers } from './headers.ts'
import type { Message } from './message.ts'
import { readSubscription, type SubscribeTopics } from './subscription.ts'
import type { TopicPartition } from './topic-partition.ts'

/** Turns bytes into a value, now or later. Null keys and values stay null and never reach it. */
export type Deserializer<T> = (topic: string, data: Buffer, headers: Headers) => T | Promise<T>

/** A function, or an object with one, such as a `Serde`. */
export type DeserializerOption<T> = Deserializer<T> | { deserialize: Deserializer<T> }

/** Told about a change of partitions; the rebalance waits for it. */
export type PartitionsListener = (partitions: TopicPartition[]) => void | Promise<void>

/**
 * What becomes of a message that a deserializer refused: `'fail'` throws from `next()` and keeps the position;
 * `'skip'` passes over it; a function gets the raw message (to put it on a dead-letter topic, say), and it is passed
 * over once the function is done.
 */
export type DeserializationErrorPolicy =
  | 'fail'
  | 'skip'
  | ((error: SerializationError, message: Message) => void | Promise<void>)

export type IsolationLevel = 'read_committed' | 'read_uncommitted'

/** Options of `kafka.consumer()`. Names are Kafka's own in camelCase. */
export interface ConsumerOptions<K = Buffer, V = Buffer> {
  /** The group whose members share the partitions and whose offsets are committed. Without it, use `assign()`. */
  groupId?: string
  /** A name for this member that outlives restarts (KIP-345): it gets its partitions back without a rebalance. */
  groupInstanceId?: string
  /** `'classic'`, the default, is the only protocol yet. */
  groupProtocol?: 'classic'
  /** Topics to subscribe to; as `subscribe()`. */
  topics?: SubscribeTopics
  /**
   * Assignors in order of preference. Rebalances are incremental (KIP-429) when every assignor of the list is.
   * Default `['range', 'cooperative-sticky']`.
   */
  partitionAssignmentStrategy?: readonly AssignorName[]
  /**
   * Where to start without a committed offset, or with one that the log no longer has. `'by_duration:PT1H'` is the
   * first record of the last hour (KIP-1106); `'none'` throws `NO_OFFSET`. Default `'latest'`.
   */
  autoOffsetReset?: AutoOffsetReset
  /** Commit what was processed, every `autoCommitIntervalMs` and when partitions are given away. Default true. */
  enableAutoCommit?: boolean
  /** In ms. Default 5000. */
  autoCommitIntervalMs?: number
  /** `'read_committed'`, the default (Java: `'read_uncommitted'`), hides records of aborted and running transactions. */
  isolationLevel?: IsolationLevel
  /** The group gives this member up when no heartbeat arrives for this long, in ms. Default 45,000. */
  sessionTimeoutMs?: number
  /** In ms; at most a third of the session timeout is wise. Default 3000. */
  heartbeatIntervalMs?: number
  /** Longest time between two calls of `next()` before this member leaves its group, in ms. Default 300,000. */
  maxPollIntervalMs?: number
  /** Most messages in one `poll()` or batch. Default 500, and 5000 for batches. */
  maxPollRecords?: number
  /** The broker answers as soon as it has this many bytes … Default 1. */
  fetchMinBytes?: number
  /** … or after this long, in ms. Default 500. */
  fetchMaxWaitMs?: number
  /** Most bytes in one answer; also the bound on what is fetched ahead. Default 52,428,800. */
  fetchMaxBytes?: number
  /** Most bytes of one partition in one answer; a larger first batch is delivered all the same. Default 1,048,576. */
  maxPartitionFetchBytes?: number
  /** Where this consumer stands: brokers may send it to a replica nearby (KIP-392). */
  clientRack?: string
  /** Check the CRC-32C of each batch (CRC-32 in message formats 0 and 1). Default true. */
  checkCrcs?: boolean
  /**
   * Most bytes that one batch may take when it is decompressed, each message counted with 128 beside its bytes and each
   * header with 64: a few hostile kilobytes can claim gigabytes. At one that takes more, `next()` throws a DecodeError `MESSAGE_TOO_LARGE` and keeps the
   * position. Default 134,217,728.
   */
  maxDecompressedBytes?: number
  /** Let the broker create topics that this consumer asks for. Default false (Java: true). */
  allowAutoCreateTopics?: boolean
  /** Makes keys of bytes: `(topic, data, headers) => key`, or a promise of it, or a `serde`. Default: keys are Buffers. */
  keyDeserializer?: DeserializerOption<K>
  /** Makes values of bytes, likewise. It is not asked about tombstones, whose value is `null`. */
  valueDeserializer?: DeserializerOption<V>
  /** Default `'fail'`. */
  onDeserializationError?: DeserializationErrorPolicy
  /** Partitions were added; called before the first of their messages is delivered. */
  onPartitionsAssigned?: PartitionsListener
  /** Partitions are about to be given away; their processed offsets were committed. */
  onPartitionsRevoked?: PartitionsListener
  /** Partitions already belong to somebody else. Default: `onPartitionsRevoked`. */
  onPartitionsLost?: PartitionsListener
}

export type AutoOffsetReset = 'latest' | 'earliest' | 'none' | `by_duration:${string}`

type Absent =
  | 'groupId'
  | 'groupInstanceId'
  | 'topics'
  | 'maxPollRecords'
  | 'clientRack'
  | 'onPartitionsAssigned'
  | 'onPartitionsRevoked'
  | 'onPartitionsLost'

/** The options with their defaults filled in. */
export type ResolvedConsumerOptions<K, V> = Required<Omit<ConsumerOptions<K, V>, Absent | Deserializers>> &
  Pick<ConsumerOptions<K, V>, Absent> & { keyDeserializer?: Deserializer<K>; valueDeserializer?: Deserializer<V> }

type Deserializers = 'keyDeserializer' | 'valueDeserializer'

const autoOffsetReset: OptionCheck<AutoOffsetReset> = (value, path) => {
  if (value === 'latest' || value === 'earliest' || value === 'none') return value
  if (typeof value === 'string' && value.startsWith('by_duration:')) {
    if (parseDuration(value.slice('by_duration:'.length)) !== null) return value as AutoOffsetReset
    throw mistyped(path, "'by_duration:' and an ISO-8601 duration such as PT1H", value)
  }
  throw mistyped(path, "one of 'latest', 'earliest', 'none', 'by_duration:PT1H'", value)
}

const strategies: OptionCheck<readonly AssignorName[]> = (value, path) => {
  if (!Array.isArray(value) || value.length === 0) throw mistyped(path, 'a non-empty array of assignors', value)
  for (const each of value) {
    if (!assignorNames.includes(each)) {
      throw mistyped(path, `an array of ${assignorNames.map((name) => `'${name}'`).join(', ')}`, each)
    }
  }
  return [...new Set(value as AssignorName[])]
}

const groupProtocol: OptionCheck<'classic'> = (value, path) => {
  if (value === 'consumer') throw invalidOption(`${path}: 'consumer' is not supported yet, use 'classic'`)
  if (value !== 'classic') throw mistyped(path, "'classic'", value)
  return value
}

function deserializer<T>(value: unknown, path: string): Deserializer<T> {
  if (typeof value === 'function') return value as Deserializer<T>
  const serde = value as { deserialize?: Deserializer<T> } | null
  if (typeof serde?.deserialize !== 'function') {
    throw mistyped(path, 'a function, or an object with a function `deserialize`', value)
  }
  return (topic, data, headers) => (serde as { deserialize: Deserializer<T> }).deserialize(topic, data, headers)
}

const deserializationError: OptionCheck<DeserializationErrorPolicy> = (value, path) => {
  if (value === 'fail' || value === 'skip' || typeof value === 'function') return value as DeserializationErrorPolicy
  throw mistyped(path, "'fail', 'skip' or a function", value)
}

const topics: OptionCheck<SubscribeTopics> = (value, path) => {
  readSubscription(value, path)
  return value as SubscribeTopics
}

const milliseconds = integer(1)

function schema<K, V>(): OptionSchema<ResolvedConsumerOptions<K, V>> {
  return {
    groupId: optional(nonEmptyText),
    groupInstanceId: optional(nonEmptyText),
    groupProtocol: { check: groupProtocol, default: 'classic' },
    topics: optional(topics),
    partitionAssignmentStrategy: { check: strategies, default: ['range', 'cooperative-sticky'] },
    autoOffsetReset: { check: autoOffsetReset, default: 'latest' },
    enableAutoCommit: { check: boolean, default: true },
    autoCommitIntervalMs: { check: milliseconds, default: 5000 },
    isolationLevel: { check: oneOf('read_committed', 'read_uncommitted'), default: 'read_committed' },
    sessionTimeoutMs: { check: milliseconds, default: 45_000 },
    heartbeatIntervalMs: { check: milliseconds, default: 3000 },
    maxPollIntervalMs: { check: milliseconds, default: 300_000 },
    maxPollRecords: optional(integer(1)),
    fetchMinBytes: { check: integer(0), default: 1 },
    fetchMaxWaitMs: { check: integer(0), default: 500 },
    fetchMaxBytes: { check: integer(1), default: 52_428_800 },
    maxPartitionFetchBytes: { check: integer(1), default: 1_048_576 },
    clientRack: optional(nonEmptyText),
    checkCrcs: { check: boolean, default: true },
    maxDecompressedBytes: { check: integer(1), default: 134_217_728 },
    allowAutoCreateTopics: { check: boolean, default: false },
    keyDeserializer: optional(deserializer<K>),
    valueDeserializer: optional(deserializer<V>),
    onDeserializationError: { check: deserializationError, default: 'fail' },
    onPartitionsAssigned: optional(callable<PartitionsListener>()),
    onPartitionsRevoked: optional(callable<PartitionsListener>()),
    onPartitionsLost: optional(callable<PartitionsListener>()),
  }
}

/** @throws UsageError naming the option that is unknown, mistyped or in conflict with another */
export function readConsumerOptions<K, V>(input: unknown): ResolvedConsumerOptions<K, V> {
  const options = readOptions('kafka.consumer()', schema<K, V>(), input)
  const { groupId, groupInstanceId, topics, heartbeatIntervalMs, sessionTimeoutMs } = options
  if (groupId === undefined && topics !== undefined) {
    throw invalidOption("kafka.consumer(): option 'topics' needs 'groupId'; without a group, use assign()")
  }
  if (groupId === undefined && groupInstanceId !== undefined) {
    throw invalidOption("kafka.consumer(): option 'groupInstanceId' needs 'groupId'")
  }
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw invalidOption(
      `kafka.consumer(): option 'heartbeatIntervalMs' (${heartbeatIntervalMs}) must be less than 'sessionTimeoutMs' (${sessionTimeoutMs})`,
    )
  }
  return options
}
