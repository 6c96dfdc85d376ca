import { listOffsets as listOffsetsApi } from '../../protocol/messages/list-offsets.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { integer, mistyped, type OptionCheck, type OptionSchema, oneOf } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { askLeaders } from './leaders.ts'
import { everyResult } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

/** Which of a partition's offsets are meant: Kafka's timestamps with a meaning, and the version that knows each. */
const NAMED_SPECS = {
  latest: { timestamp: -1, since: 1, kafka: '0.10.1' },
  earliest: { timestamp: -2, since: 1, kafka: '0.10.1' },
  'max-timestamp': { timestamp: -3, since: 7, kafka: '3.0' },
  'earliest-local': { timestamp: -4, since: 8, kafka: '3.5' },
  'latest-tiered': { timestamp: -5, since: 9, kafka: '3.9' },
  'earliest-pending-upload': { timestamp: -6, since: 11, kafka: '4.2' },
} as const

type NamedSpec = keyof typeof NAMED_SPECS

/**
 * Which offset of a partition is meant.
 * - `'earliest'`: of the first record that is kept
 * - `'latest'`: of the next record to be written; with `read_committed`, of the first that may still be undecided
 * - `'max-timestamp'`: of the record with the greatest timestamp (Kafka 3.0)
 * - `'earliest-local'`: of the first record on the leader's own disks (3.5)
 * - `'latest-tiered'`: of the last record in tiered storage (3.9)
 * - `'earliest-pending-upload'`: of the first record that is not in tiered storage yet (4.2)
 * - `{ timestamp }`: of the first record with this timestamp, in ms since the epoch, or a later one
 */
export type OffsetSpec = NamedSpec | { timestamp: number }

/** A partition, and which of its offsets is asked for. */
export interface OffsetQuery extends TopicPartition {
  spec: OffsetSpec
}

/** An offset that was asked for. */
export interface ListedOffset extends TopicPartition {
  /** −1 if there is no such record. */
  offset: number
  /** Of the record at that offset, in ms since the epoch; −1 for the start or end of a log, and if there is no record. */
  timestamp: number
  /** Of the leader that wrote the record; −1 if unknown, as from brokers before 2.1. */
  leaderEpoch: number
}

export interface ListOffsetsOptions extends CallOptions {
  /** Whether records of open transactions count. Default `'read_uncommitted'`, as for Java's Admin. */
  isolationLevel?: 'read_uncommitted' | 'read_committed'
}

export const listOffsetsOptions: OptionSchema<
  ListOffsetsOptions & { isolationLevel: 'read_uncommitted' | 'read_committed' }
> = {
  ...callOptions,
  isolationLevel: { check: oneOf('read_uncommitted', 'read_committed'), default: 'read_uncommitted' },
}

const timestampOf = integer(0, Number.MAX_SAFE_INTEGER)

const spec: OptionCheck<OffsetSpec> = (value, path) => {
  if (typeof value === 'string' && Object.hasOwn(NAMED_SPECS, value)) return value as NamedSpec
  if (value === null || typeof value !== 'object' || !('timestamp' in value)) {
    const names = Object.keys(NAMED_SPECS).map((name) => `'${name}'`)
    throw mistyped(path, `one of ${names.join(', ')}, { timestamp }`, value)
  }
  return { timestamp: timestampOf(value.timestamp, `${path}: timestamp`) }
}

const offsetQuery: OptionSchema<OffsetQuery> = { ...topicPartition, spec: { check: spec, required: true } }

/** @throws UsageError naming the partition and its field */
export function readOffsetQueries(value: unknown): OffsetQuery[] {
  return readTopicPartitions(value, 'admin.listOffsets(): partitions', offsetQuery)
}

/** @throws PartialFailureError whose results stand in the order of the queries */
export async function listOffsets(
  call: Call,
  queries: readonly OffsetQuery[],
  isolationLevel: 'read_uncommitted' | 'read_committed',
): Promise<ListedOffset[]> {
  const outcomes = await askLeaders(call, queries, {
    api: listOffsetsApi,
    subject,
    unsupported,
    body: (asked) => ({
      replicaId: -1,
      isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
      topics: Array.from(groupByTopic(asked), ([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, spec }) => ({
          partitionIndex: partition,
          timestamp: typeof spec === 'string' ? NAMED_SPECS[spec].timestamp : spec.timestamp,
        })),
      })),
      timeoutMs: call.brokerTimeoutMs,
    }),
    answers: ({ topics }) =>
      topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch }) => {
          return { topic, partition, errorCode, result: { topic, partition, offset, timestamp, leaderEpoch } }
        }),
      ),
  })
  return everyResult('admin.listOffsets()', outcomes)
}

function subject({ topic, partition }: OffsetQuery): string {
  return `Offset of ${partitionKey(topic, partition)}`
}

function unsupported(query: OffsetQuery, version: number): UnsupportedVersionError | null {
  const { topic, partition, spec } = query
  if (typeof spec !== 'string' || version >= NAMED_SPECS[spec].since) return null
  return new UnsupportedVersionError(
    `${subject(query)}: its leader does not know '${spec}', which needs Kafka ${NAMED_SPECS[spec].kafka}`,
    { api: listOffsetsApi.name, topic, partition },
  )
}
