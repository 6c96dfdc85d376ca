import type { ResponseOf } from '../../protocol/api.ts'
import { alterPartitionReassignments as alterApi } from '../../protocol/messages/alter-partition-reassignments.ts'
import { listPartitionReassignments as listApi } from '../../protocol/messages/list-partition-reassignments.ts'
import { groupByTopic, type TopicPartition } from '../cluster/topic-partition.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { boolean, type OptionCheck, type OptionSchema } from '../options.ts'
import { readBrokerIds } from './broker-ids.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { notController, type PartitionAnswer, refusalOfAll, refusals } from './controller-answers.ts'
import { everyResult } from './outcomes.ts'
import { byTopicAndPartition, readTopicPartitions, topicPartition } from './topic-partitions.ts'

/** Where a partition is to be kept. */
export interface NewPartitionReassignment extends TopicPartition {
  /** Broker ids, the preferred leader first; `null` stops a move that is under way and goes back to where it began. */
  replicas: readonly number[] | null
}

export interface AlterPartitionReassignmentsOptions extends CallOptions {
  /** Whether partitions may get more or fewer replicas than they have. Default true; false needs brokers of Kafka 4.1 or later. */
  allowReplicationFactorChange?: boolean
}

export const alterPartitionReassignmentsOptions: OptionSchema<
  AlterPartitionReassignmentsOptions & { allowReplicationFactorChange: boolean }
> = {
  ...callOptions,
  allowReplicationFactorChange: { check: boolean, default: true },
}

/** A move that is under way. The numbers are broker ids. */
export interface PartitionReassignment extends TopicPartition {
  /** All that have the partition now, those that come and those that go among them. */
  replicas: number[]
  addingReplicas: number[]
  removingReplicas: number[]
}

const replicas: OptionCheck<number[] | null> = (value, path) => (value === null ? null : readBrokerIds(value, path))

interface CheckedReassignment extends TopicPartition {
  replicas: number[] | null
}

const reassignment: OptionSchema<CheckedReassignment> = {
  ...topicPartition,
  replicas: { check: replicas, required: true },
}

/** AlterPartitionReassignments since this version can hold on to the count of replicas (KIP-860). */
const FIRST_WITH_FACTOR = 1

/** @throws UsageError naming the partition and its field */
export function readReassignments(value: unknown): CheckedReassignment[] {
  return readTopicPartitions(value, 'admin.alterPartitionReassignments(): reassignments', reassignment)
}

/** @throws UsageError naming the partition and its field */
export function readReassigned(value: unknown): TopicPartition[] | null {
  return value === null
    ? null
    : readTopicPartitions(value, 'admin.listPartitionReassignments(): partitions', topicPartition)
}

/** @throws PartialFailureError whose results stand in the order of the reassignments */
export async function alterPartitionReassignments(
  call: Call,
  reassignments: readonly CheckedReassignment[],
  allowReplicationFactorChange: boolean,
): Promise<void> {
  if (reassignments.length === 0) return
  const topics = Array.from(groupByTopic(reassignments), ([name, partitions]) => ({
    name,
    partitions: partitions.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas })),
  }))
  const body = (version: number) => {
    if (version < FIRST_WITH_FACTOR && !allowReplicationFactorChange) {
      const message = 'Brokers before Kafka 4.1 do not know allowReplicationFactorChange: false'
      throw new UnsupportedVersionError(message, { api: alterApi.name })
    }
    return { topics, allowReplicationFactorChange, timeoutMs: call.brokerTimeoutMs }
  }
  const answer = await call.send(alterApi, body, 'controller', (answer) => {
    return notController(answer.errorCode, answersOf(answer))
  })
  if (answer.errorCode !== 0) throw refusalOfAll('The reassignments', answer.errorCode, answer.errorMessage)
  everyResult('admin.alterPartitionReassignments()', refusals('Reassignment of', reassignments, answersOf(answer)))
}

function answersOf({ responses }: ResponseOf<typeof alterApi>): PartitionAnswer[] {
  return responses.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, errorMessage }) => {
      return { topic: name, partition: partitionIndex, errorCode, errorMessage }
    }),
  )
}

/** The moves under way, by topic and partition. */
export async function listPartitionReassignments(
  call: Call,
  partitions: readonly TopicPartition[] | null,
): Promise<PartitionReassignment[]> {
  // To ask for no partition means to ask for none.
  if (partitions?.length === 0) return []
  const topics =
    partitions === null
      ? null
      : Array.from(groupByTopic(partitions), ([name, ofTopic]) => {
          return { name, partitionIndexes: ofTopic.map(({ partition }) => partition) }
        })
  const body = () => ({ topics, timeoutMs: call.brokerTimeoutMs })
  const answer = await call.send(listApi, body, 'controller', ({ errorCode }) => notController(errorCode))
  if (answer.errorCode !== 0) throw refusalOfAll('The reassignments', answer.errorCode, answer.errorMessage)
  return answer.topics
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => {
        return { topic: name, partition: partitionIndex, replicas, addingReplicas, removingReplicas }
      }),
    )
    .sort(byTopicAndPartition)
}
