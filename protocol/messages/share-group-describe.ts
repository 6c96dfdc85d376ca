import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, nullable, string, struct, structs, uuid } from '../fields.ts'

/** State, members and assignments of share groups (KIP-932). */
export const shareGroupDescribe = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  versions: '1',
  flexible: '0+',
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    groups: structs({
      errorCode: int16(),
      errorMessage: nullable(string({ default: null })),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: structs({
        memberId: string(),
        rackId: nullable(string({ default: null })),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct({
          topicPartitions: structs({
            topicId: uuid(),
            topicName: string(),
            partitions: array(int32()),
          }),
        }),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})
