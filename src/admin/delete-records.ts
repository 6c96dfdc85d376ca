import { deleteRecords as deleteRecordsApi } from '../../protocol/messages/delete-records.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { integer, type OptionSchema } from '../options.ts'
import type { Call } from './call.ts'
import { askLeaders } from './leaders.ts'
import { everyResult } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

/** Up to where a partition's records are deleted. */
export interface RecordsToDelete extends TopicPartition {
  /** The first offset that is kept; −1 for the high watermark, which deletes all that consumers could read. */
  offset: number
}

/** A partition after its records were deleted. */
export interface DeletedRecords extends TopicPartition {
  /** The first offset that any replica still has. */
  lowWatermark: number
}

const HIGH_WATERMARK = -1

const recordsToDelete: OptionSchema<RecordsToDelete> = {
  ...topicPartition,
  offset: { check: integer(HIGH_WATERMARK, Number.MAX_SAFE_INTEGER), required: true },
}

/** @throws UsageError naming the partition and its field */
export function readRecordsToDelete(value: unknown): RecordsToDelete[] {
  return readTopicPartitions(value, 'admin.deleteRecords(): partitions', recordsToDelete)
}

/** @throws PartialFailureError whose results stand in the order of the partitions */
export async function deleteRecords(call: Call, partitions: readonly RecordsToDelete[]): Promise<DeletedRecords[]> {
  const outcomes = await askLeaders(call, partitions, {
    api: deleteRecordsApi,
    subject: ({ topic, partition, offset }) => {
      const before = offset === HIGH_WATERMARK ? '' : ` before offset ${offset}`
      return `Records of ${partitionKey(topic, partition)}${before}`
    },
    meanings: {
      OFFSET_OUT_OF_RANGE: 'the partition ends before it',
      POLICY_VIOLATION: "the topic's cleanup.policy does not have 'delete'",
    },
    body: (asked) => ({
      topics: Array.from(groupByTopic(asked), ([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
      })),
      timeoutMs: call.brokerTimeoutMs,
    }),
    answers: ({ topics }) =>
      topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, lowWatermark }) => {
          return { topic, partition, errorCode, result: { topic, partition, lowWatermark } }
        }),
      ),
  })
  return everyResult('admin.deleteRecords()', outcomes)
}
