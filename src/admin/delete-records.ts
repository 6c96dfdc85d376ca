import { deleteRecords as deleteRecordsApi } from '../../protocol/messages/delete-records.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { describe, integer, invalidOption, mistyped, type OptionCheck, type OptionSchema } from '../options.ts'
import type { Call } from './call.ts'
import { askLeaders } from './leaders.ts'
import { everyResult } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

const HIGH_WATERMARK = 'high-watermark'
/** What results say where there is no offset; brokers take it for the high watermark. */
const NONE = -1

/** Up to where a partition's records are deleted. */
export interface RecordsToDelete extends TopicPartition {
  /** The first offset that is kept; `'high-watermark'` deletes all that consumers could read. */
  offset: number | 'high-watermark'
}

/** A partition after its records were deleted. */
export interface DeletedRecords extends TopicPartition {
  /** The first offset that any replica still has. */
  lowWatermark: number
}

const knownOffset = integer(0, Number.MAX_SAFE_INTEGER)

const offset: OptionCheck<RecordsToDelete['offset']> = (value, path) => {
  if (value === HIGH_WATERMARK || value === NONE) return value
  if (!Number.isInteger(value)) throw mistyped(path, `an integer or '${HIGH_WATERMARK}'`, value)
  return knownOffset(value, path)
}

const recordsToDelete: OptionSchema<RecordsToDelete> = { ...topicPartition, offset: { check: offset, required: true } }

/** @throws UsageError naming the partition and its field */
export function readRecordsToDelete(value: unknown): RecordsToDelete[] {
  const path = 'admin.deleteRecords(): partitions'
  const read = readTopicPartitions(value, path, recordsToDelete)
  const none = read.findIndex(({ offset }) => offset === NONE)
  if (none === -1) return read
  const { topic, partition } = read[none]
  throw invalidOption(
    `${path}[${none}]: option 'offset' is -1 for partition ${partition} of topic ${describe(topic)}, by which results say ` +
      `that there is none; leave the partition out, or write offset: '${HIGH_WATERMARK}' to delete all of its records`,
  )
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
        partitions: ofTopic.map(({ partition, offset }) => {
          return { partitionIndex: partition, offset: offset === HIGH_WATERMARK ? -1 : offset }
        }),
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
