import type { TopicPartition } from '../cluster/topic-partition.ts'

export { groupByTopic, partitionKey, partitionList, type TopicPartition } from '../cluster/topic-partition.ts'

/** A partition and a place in it: where to seek to, or the next offset to read that is committed. */
export interface TopicPartitionOffset extends TopicPartition {
  offset: number
  /** Epoch of the leader that wrote the record before `offset`; lets the cluster detect truncation (KIP-320). */
  leaderEpoch?: number
  /** Free text kept beside a committed offset. */
  metadata?: string | null
}
