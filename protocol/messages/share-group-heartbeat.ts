import { defineApi } from '../api.ts'
import { array, int16, int32, nullable, string, struct, structs, uuid } from '../fields.ts'

/**
 * Joins, stays in and leaves a share group (KIP-932). What has not changed since the last heartbeat is left out.
 */
export const shareGroupHeartbeat = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  versions: '1',
  flexible: '0+',
  request: {
    groupId: string(),
    memberId: string(),
    /** 0 joins, −1 leaves. */
    memberEpoch: int32(),
    rackId: nullable(string({ default: null })),
    subscribedTopicNames: nullable(array(string(), { default: null })),
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
