import { errorCode as codeOf } from '../../protocol/errors.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { groupByTopic, type TopicPartition } from '../cluster/topic-partition.ts'
import { integer, type OptionSchema, optional, text } from '../options.ts'
import type { Call } from './call.ts'
import { askCoordinator } from './coordinators.ts'
import { groupRefusals, type Meanings } from './group-errors.ts'
import { everyResult } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

/** Where a group shall go on in a partition; what `listConsumerGroupOffsets()` returns fits, unless its offset is −1. */
export interface NewGroupOffset extends TopicPartition {
  /** The next offset to read. */
  offset: number
  /** Free text to keep beside the offset. */
  metadata?: string | null
  /** Epoch of the leader that wrote the record before the offset; −1 or nothing if unknown. */
  leaderEpoch?: number
}

const newGroupOffset: OptionSchema<NewGroupOffset> = {
  ...topicPartition,
  offset: { check: integer(0, Number.MAX_SAFE_INTEGER), required: true },
  metadata: optional((value, path) => (value === null ? null : text(value, path))),
  leaderEpoch: optional(integer(-1)),
}

/** Later versions name topics by ids; that they are asked for by name lets a group be prepared before it knows them. */
const LAST_BY_NAME = 9

const PASSING: ReadonlySet<number> = new Set([codeOf('REBALANCE_IN_PROGRESS')])

const MEANINGS: Meanings = {
  OFFSET_METADATA_TOO_LARGE: "the metadata is longer than the broker's offset.metadata.max.bytes allows",
  UNKNOWN_MEMBER_ID: 'the group has members, and only they can commit; stop them first',
}

/** @throws UsageError naming the offset and its field */
export function readNewGroupOffsets(value: unknown): NewGroupOffset[] {
  return readTopicPartitions(value, 'admin.alterConsumerGroupOffsets(): offsets', newGroupOffset)
}

/** @throws PartialFailureError whose results stand in the order of the offsets */
export async function alterConsumerGroupOffsets(
  call: Call,
  groupId: string,
  offsets: readonly NewGroupOffset[],
): Promise<void> {
  if (offsets.length === 0) return
  const answer = await askCoordinator(call, groupId, {
    api: offsetCommit,
    body: {
      groupId,
      memberId: '',
      topics: Array.from(groupByTopic(offsets), ([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ partition, offset, metadata, leaderEpoch = -1 }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch,
          committedMetadata: metadata ?? '',
        })),
      })),
    },
    codes: ({ topics }) => topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    passing: PASSING,
    maxVersion: LAST_BY_NAME,
  })
  everyResult('admin.alterConsumerGroupOffsets()', groupRefusals(groupId, offsets, answer.topics, MEANINGS))
}
