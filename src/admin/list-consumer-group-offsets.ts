import { errorCode as codeOf } from '../../protocol/errors.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { boolean, mistyped, type OptionSchema } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { askAboutGroups, askCoordinator } from './coordinators.ts'
import { groupError, groupPartitionError } from './group-errors.ts'
import { readEntries } from './names.ts'
import { type ByName, everyResult, type Outcome } from './outcomes.ts'
import { byTopicAndPartition, readTopicPartitions, topicPartition } from './topic-partitions.ts'

/** Where a group goes on in a partition. */
export interface GroupOffset extends TopicPartition {
  /** The next offset to read; −1 if the group has committed none. */
  offset: number
  /** Free text kept beside the offset. */
  metadata: string | null
  /** Epoch of the leader that wrote the record before the offset; −1 if unknown. */
  leaderEpoch: number
}

/** Several groups, and of each the partitions that are asked for; null for all that it has offsets for. */
export type GroupOffsetsQuery =
  | Readonly<Record<string, readonly TopicPartition[] | null>>
  | ReadonlyMap<string, readonly TopicPartition[] | null>

export interface ListConsumerGroupOffsetsOptions extends CallOptions {
  /** Waits for offsets that a running transaction is about to replace (KIP-447). Default false; true needs brokers of 2.5 or later. */
  requireStable?: boolean
}

export const listConsumerGroupOffsetsOptions: OptionSchema<
  ListConsumerGroupOffsetsOptions & { requireStable: boolean }
> = {
  ...callOptions,
  requireStable: { check: boolean, default: false },
}

const METHOD = 'admin.listConsumerGroupOffsets()'

/** OffsetFetch since this version can wait for transactions. */
const FIRST_WITH_STABLE = 7
/** From this version on one request names several groups (KIP-709). */
const FIRST_WITH_GROUPS = 8
/** Later versions name topics by ids, which say nothing of a topic that is gone; Java's Admin does without them, too. */
const LAST_BY_NAME = 9

const PASSING: ReadonlySet<number> = new Set([codeOf('UNSTABLE_OFFSET_COMMIT')])

type Asked = readonly TopicPartition[] | null

/** @throws UsageError naming the group and its partition */
export function readGroupOffsetsQuery(value: unknown): Map<string, Asked> {
  const path = `${METHOD}: groups`
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw mistyped(`${METHOD}: groupId`, 'a non-empty string, or partitions keyed by group id', value)
  }
  return new Map(
    readEntries(value, path).map(([groupId, partitions]) => {
      if (partitions === null) return [groupId, null]
      return [groupId, readTopicPartitions(partitions, `${path}['${groupId}']`, topicPartition)]
    }),
  )
}

/** @throws PartialFailureError with the outcome of each group */
export function listOffsetsOfGroups(
  call: Call,
  groups: ReadonlyMap<string, Asked>,
  requireStable: boolean,
): Promise<ByName<GroupOffset[]>> {
  return askAboutGroups(call, METHOD, [...groups.keys()], (groupId) => {
    return listOffsetsOfGroup(call, groupId, groups.get(groupId) ?? null, requireStable)
  })
}

/**
 * @returns the offsets of the partitions asked for, in their order, or all by topic and partition
 * @throws BrokerError about the group; PartialFailureError with the outcome of each partition
 */
export async function listOffsetsOfGroup(
  call: Call,
  groupId: string,
  asked: Asked,
  requireStable: boolean,
): Promise<GroupOffset[]> {
  // To brokers, no topics mean none, but there is nothing to learn.
  if (asked?.length === 0) return []
  const topics =
    asked &&
    Array.from(groupByTopic(asked), ([name, ofTopic]) => {
      return { name, partitionIndexes: ofTopic.map(({ partition }) => partition) }
    })
  const answer = await askCoordinator(call, groupId, {
    api: offsetFetch,
    body: (version) => {
      if (requireStable && version < FIRST_WITH_STABLE) {
        throw new UnsupportedVersionError('Brokers before Kafka 2.5 do not know requireStable', {
          api: offsetFetch.name,
        })
      }
      return version < FIRST_WITH_GROUPS
        ? { groupId, topics, requireStable }
        : { groups: [{ groupId, topics }], requireStable }
    },
    codes: ({ errorCode, groups, topics }) => {
      const partitions = [...topics, ...groups.flatMap((group) => group.topics)].flatMap((topic) => topic.partitions)
      return [errorCode, ...groups.map((group) => group.errorCode), ...partitions.map((each) => each.errorCode)]
    },
    passing: PASSING,
    maxVersion: LAST_BY_NAME,
  })
  const [group = answer] = answer.groups
  if (group.errorCode !== 0) throw groupError(group.errorCode, groupId)
  const outcomes = new Map<string, Outcome<GroupOffset>>()
  const found: TopicPartition[] = []
  for (const { name: topic, partitions } of group.topics) {
    for (const { partitionIndex: partition, errorCode, committedOffset: offset, ...rest } of partitions) {
      const { metadata, committedLeaderEpoch: leaderEpoch } = rest
      found.push({ topic, partition })
      outcomes.set(
        partitionKey(topic, partition),
        errorCode === 0
          ? { topic, partition, offset, metadata, leaderEpoch }
          : groupPartitionError(errorCode, groupId, { topic, partition }),
      )
    }
  }
  found.sort(byTopicAndPartition)
  return everyResult(
    METHOD,
    (asked ?? found).map((each) => {
      // "Not mentioned" is not "not committed".
      const missing = () => groupPartitionError(UNKNOWN_SERVER_ERROR, groupId, each)
      return outcomes.get(partitionKey(each.topic, each.partition)) ?? missing()
    }),
  )
}
