import { offsetDelete } from '../../protocol/messages/offset-delete.ts'
import { groupByTopic, type TopicPartition } from '../cluster/topic-partition.ts'
import type { Call } from './call.ts'
import { askCoordinator } from './coordinators.ts'
import { groupError, groupRefusals, type Meanings } from './group-errors.ts'
import { everyResult } from './outcomes.ts'
import { readTopicPartitions, topicPartition } from './topic-partitions.ts'

const MEANINGS: Meanings = { GROUP_SUBSCRIBED_TO_TOPIC: 'a member of the group is subscribed to the topic' }

/** @throws UsageError naming the partition and its field */
export function readOffsetsToDelete(value: unknown): TopicPartition[] {
  return readTopicPartitions(value, 'admin.deleteConsumerGroupOffsets(): partitions', topicPartition)
}

/** @throws PartialFailureError whose results stand in the order of the partitions; BrokerError about the whole group */
export async function deleteConsumerGroupOffsets(
  call: Call,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  if (partitions.length === 0) return
  const answer = await askCoordinator(call, groupId, {
    api: offsetDelete,
    body: {
      groupId,
      topics: Array.from(groupByTopic(partitions), ([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    },
    codes: ({ errorCode }) => [errorCode],
  })
  if (answer.errorCode !== 0) throw groupError(answer.errorCode, groupId)
  everyResult('admin.deleteConsumerGroupOffsets()', groupRefusals(groupId, partitions, answer.topics, MEANINGS))
}
