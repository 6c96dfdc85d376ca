import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, nullable, string, struct, structs, uuid } from '../fields.ts'

/** Partitions of topics, page by page (KIP-966). */
export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: '0',
  flexible: '0+',
  request: {
    topics: structs({
      name: string(),
    }),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: nullable(
      struct(
        {
          topicName: string(),
          partitionIndex: int32(),
        },
        { default: null },
      ),
    ),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs({
      errorCode: int16(),
      name: nullable(string()),
      topicId: uuid({ ignorable: true }),
      isInternal: boolean({ default: false, ignorable: true }),
      partitions: structs({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: nullable(array(int32(), { default: null })),
        lastKnownElr: nullable(array(int32(), { default: null })),
        offlineReplicas: array(int32(), { ignorable: true }),
      }),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    }),
    nextCursor: nullable(
      struct(
        {
          topicName: string(),
          partitionIndex: int32(),
        },
        { default: null },
      ),
    ),
  },
})
