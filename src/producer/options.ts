import { type CompressionType, compressionTypes } from '../../protocol/records/index.ts'
import {
  boolean,
  callable,
  integer,
  invalidOption,
  mistyped,
  type OptionCheck,
  type OptionSchema,
  oneOf,
  optional,
  readOptions,
} from '../options.ts'
import type { Partitioner } from './partitioner.ts'
import { type SerializerOption, serializer } from './serializers.ts'

/** Who must have a record before it counts as written: every in-sync replica, the leader, or nobody. */
export type Acks = 'all' | -1 | 0 | 1

export interface ProducerOptions<K = never, V = never> {
  /**
   * `'all'` (= −1): every in-sync replica; 1: the leader; 0: nobody, the broker does not even answer and offsets are
   * unknown. Other than all switches idempotence off. Default `'all'`.
   */
  acks?: Acks
  /** Retries write nothing twice and keep the order (KIP-98). Needs acks all and at most 5 in flight. Default true. */
  enableIdempotence?: boolean
  /** Produce requests to one broker that wait for an answer at a time. Default 5. */
  maxInFlightRequestsPerConnection?: number
  /**
   * How long an open batch waits for more records, in ms. With the default of 0 an idle producer sends at once, and a
   * busy one fills batches while requests are in flight.
   */
  lingerMs?: number
  /** Most bytes of one batch, uncompressed; a larger record gets a batch of its own. Default 1,048,576. */
  batchSize?: number
  /** Most bytes of one record, uncompressed. Default 1,048,576. */
  maxRequestSize?: number
  /** Bytes that may wait for delivery; then `send` waits. Default 33,554,432. */
  bufferMemory?: number
  /** How long `send` waits for memory, or for a topic's metadata, in ms; at most `deliveryTimeoutMs`. Default 60,000. */
  maxBlockMs?: number
  /**
   * Longest time from `send` to a record's outcome, in ms; retries go on until then. Must be greater than `lingerMs`.
   * Default 120,000.
   */
  deliveryTimeoutMs?: number
  /** `'none'`, `'gzip'`, `'snappy'`, `'lz4'` or `'zstd'`. Default `'none'`. */
  compressionType?: CompressionType
  /** gzip: 1 to 9; zstd: −131072 to 22. Default: the codec's own. */
  compressionLevel?: number
  /** Default: Java's, murmur2 of the key, sticky without a key. */
  partitioner?: Partitioner<K, V>
  /** Makes bytes of keys: `(topic, key, headers) => Buffer | null`, or a promise of it, or a `serde`. Default: keys are bytes or text. */
  keySerializer?: SerializerOption<K>
  /** Makes bytes of values, likewise. It is not asked about `null`, which is a tombstone. */
  valueSerializer?: SerializerOption<V>
  /** Transactions are not supported yet: giving one is a `UsageError`. */
  transactionalId?: never
  /** Kafka's `transaction.timeout.ms`. Default 60,000. */
  transactionTimeoutMs?: number
}

type Absent = 'compressionLevel' | 'partitioner' | 'keySerializer' | 'valueSerializer' | 'transactionalId'

/** The options with their defaults filled in; `acks` is the number on the wire. */
export interface ResolvedProducerOptions<K = never, V = never>
  extends Required<Omit<ProducerOptions<K, V>, Absent | 'acks'>>,
    Pick<ProducerOptions<K, V>, Absent> {
  acks: -1 | 0 | 1
}

const COMPRESSION_LEVELS: Record<CompressionType, readonly [min: number, max: number] | null> = {
  none: null,
  gzip: [1, 9],
  snappy: null,
  lz4: null,
  zstd: [-131_072, 22],
}

/** More unanswered batches of one partition than a broker remembers, and it could not tell a repeated one. */
const MAX_IN_FLIGHT_IDEMPOTENT = 5

const noTransactions: OptionCheck<undefined> = (_value, path) => {
  throw invalidOption(`${path} is not supported yet: this version has no transactions`)
}

const level: OptionCheck<number> = (value, path) => {
  if (!Number.isInteger(value)) throw mistyped(path, 'an integer', value)
  return value as number
}

function schema<K, V>(): OptionSchema<Required<ProducerOptions<K, V>>> {
  return {
    acks: optional(oneOf<Acks>('all', -1, 0, 1)),
    enableIdempotence: optional(boolean),
    maxInFlightRequestsPerConnection: { check: integer(1), default: 5 },
    lingerMs: { check: integer(0), default: 0 },
    batchSize: { check: integer(0), default: 1_048_576 },
    maxRequestSize: { check: integer(1), default: 1_048_576 },
    bufferMemory: { check: integer(1, Number.MAX_SAFE_INTEGER), default: 33_554_432 },
    maxBlockMs: { check: integer(0), default: 60_000 },
    deliveryTimeoutMs: { check: integer(1), default: 120_000 },
    compressionType: { check: oneOf(...compressionTypes), default: 'none' },
    compressionLevel: optional(level),
    partitioner: optional(callable<Partitioner<K, V>>()),
    keySerializer: optional(serializer),
    valueSerializer: optional(serializer),
    transactionalId: optional(noTransactions),
    transactionTimeoutMs: { check: integer(1), default: 60_000 },
  } as OptionSchema<Required<ProducerOptions<K, V>>>
}

/** @throws UsageError naming the option that is unknown, mistyped or in conflict with another */
export function readProducerOptions<K, V>(input: unknown): ResolvedProducerOptions<K, V> {
  const owner = 'kafka.producer()'
  const options = readOptions(owner, schema<K, V>(), input) as ProducerOptions<K, V>
  const { acks = 'all', maxInFlightRequestsPerConnection: inFlight = 5, compressionType = 'none' } = options
  const acksAll = acks === 'all' || acks === -1
  // What the user asked for must be possible; the default gives way without a word, as in Java.
  if (options.enableIdempotence === true && !acksAll) {
    throw invalidOption(`${owner}: option 'enableIdempotence' needs 'acks' to be 'all', got ${acks}`)
  }
  if (options.enableIdempotence === true && inFlight > MAX_IN_FLIGHT_IDEMPOTENT) {
    throw invalidOption(
      `${owner}: option 'enableIdempotence' needs 'maxInFlightRequestsPerConnection' to be at most ` +
        `${MAX_IN_FLIGHT_IDEMPOTENT}, got ${inFlight}`,
    )
  }
  const { lingerMs, deliveryTimeoutMs } = options as ResolvedProducerOptions<K, V>
  if (deliveryTimeoutMs <= lingerMs) {
    throw invalidOption(
      `${owner}: option 'deliveryTimeoutMs' must be greater than 'lingerMs' (${lingerMs}), got ${deliveryTimeoutMs}`,
    )
  }
  checkLevel(owner, compressionType, options.compressionLevel)
  return {
    ...(options as ResolvedProducerOptions<K, V>),
    acks: acksAll ? -1 : (acks as 0 | 1),
    enableIdempotence: options.enableIdempotence ?? (acksAll && inFlight <= MAX_IN_FLIGHT_IDEMPOTENT),
  }
}

function checkLevel(owner: string, type: CompressionType, level: number | undefined): void {
  if (level === undefined) return
  const range = COMPRESSION_LEVELS[type]
  if (range === null) {
    throw invalidOption(`${owner}: option 'compressionLevel' has no meaning for compressionType '${type}'`)
  }
  const [min, max] = range
  if (level < min || level > max) {
    throw invalidOption(`${owner}: option 'compressionLevel' must be from ${min} to ${max} for '${type}', got ${level}`)
  }
}
