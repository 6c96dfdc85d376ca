import { defineApi } from '../api.ts'
import { array, int16, int32, nullable, string, struct, structs, uuid } from '../fields.ts'

/**
 * Joins, stays in and leaves a consumer group whose coordinator assigns partitions (KIP-848). What has not changed
 * since the last heartbeat is left out.
 */
export const consumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string(),
    memberId: string(),
    /** 0 joins, −1 leaves, −2 leaves for a while as a static member. */
    memberEpoch: int32(),
    instanceId: nullable(string({ default: null })),
    rackId: nullable(string({ default: null })),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: nullable(array(string(), { default: null })),
    subscribedTopicRegex: nullable(string({ versions: '1+', default: null })),
    serverAssignor: nullable(string({ default: null })),
    topicPartitions: nullable(
      structs(
        {
          topicId: uuid(),
          partitions: array(int32()),
        },
        { default: null },
      ),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    memberId: nullable(string({ default: null })),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: nullable(
      struct(
        {
          topicPartitions: structs({
            topicId: uuid(),
            partitions: array(int32()),
          }),
        },
        { default: null },
      ),
    ),
  },
})
