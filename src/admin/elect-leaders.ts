import type { ResponseOf } from '../../protocol/api.ts'
import { electLeaders as electLeadersApi } from '../../protocol/messages/elect-leaders.ts'
import { groupByTopic, type TopicPartition } from '../cluster/topic-partition.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { mistyped, oneOf } from '../options.ts'
import type { Call } from './call.ts'
import { notController, type PartitionAnswer, refusalOfAll, refusals } from './controller-answers.ts'
import { everyResult, type Outcome } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

/**
 * Who may be elected: `'preferred'` is the first of the partition's replicas; `'unclean'` is any replica that is alive,
 * also one that lacks records, for partitions that have no leader.
 */
export type ElectionType = 'preferred' | 'unclean'

/** What came of a partition's election. */
export interface ElectionResult extends TopicPartition {
  /** False if none was needed: the preferred replica leads already, or, for `'unclean'`, there is a leader. */
  elected: boolean
}

const ELECTION_TYPES = { preferred: 0, unclean: 1 } as const
/** ElectLeaders since this version knows more than preferred ones (KIP-460). */
const FIRST_WITH_TYPES = 1

/** @throws UsageError */
export function readElectionType(value: unknown): ElectionType {
  return oneOf('preferred', 'unclean')(value, 'admin.electLeaders(): electionType')
}

/** @throws UsageError naming the partition and its field */
export function readElections(value: unknown): TopicPartition[] | null {
  const path = 'admin.electLeaders(): partitions'
  // To leave them out must not mean all: an unclean election loses records.
  if (value === undefined) throw mistyped(path, 'an array of { topic, partition }, or null for all', value)
  return value === null ? null : readTopicPartitions(value, path, topicPartition)
}

/** @throws PartialFailureError whose results stand in the order of the partitions */
export async function electLeaders(
  call: Call,
  type: ElectionType,
  partitions: readonly TopicPartition[] | null,
): Promise<ElectionResult[]> {
  // To name no partition means to name none, which is nothing to ask a controller.
  if (partitions?.length === 0) return []
  const body = (version: number) => {
    if (version < FIRST_WITH_TYPES && type !== 'preferred') {
      throw new UnsupportedVersionError(`Brokers before Kafka 2.4 have no ${type} elections`, { api: 'ElectLeaders' })
    }
    return { electionType: ELECTION_TYPES[type], topicPartitions: byTopic(partitions), timeoutMs: call.brokerTimeoutMs }
  }
  const answer = await call.send(electLeadersApi, body, 'controller', (answer) => {
    return notController(answer.errorCode, answersOf(answer))
  })
  if (answer.errorCode !== 0) throw refusalOfAll('The elections', answer.errorCode)

  const answers = answersOf(answer)
  const asked = partitions ?? answers.map(({ topic, partition }) => ({ topic, partition }))
  const errors = refusals('Election of', asked, answers)
  const outcomes = asked.map(({ topic, partition }, i): Outcome<ElectionResult> => {
    const error = errors[i]
    // What was wanted holds, so that it is no failure; Java's result has it among the errors.
    if (error === null || error.code === 'ELECTION_NOT_NEEDED') return { topic, partition, elected: error === null }
    return error
  })
  return everyResult('admin.electLeaders()', outcomes)
}

function byTopic(partitions: readonly TopicPartition[] | null): Array<{ topic: string; partitions: number[] }> | null {
  if (partitions === null) return null
  return Array.from(groupByTopic(partitions), ([topic, ofTopic]) => {
    return { topic, partitions: ofTopic.map(({ partition }) => partition) }
  })
}

function answersOf({ replicaElectionResults }: ResponseOf<typeof electLeadersApi>): PartitionAnswer[] {
  return replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode, errorMessage }) => {
      return { topic, partition: partitionId, errorCode, errorMessage }
    }),
  )
}
