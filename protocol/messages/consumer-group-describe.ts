import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, nullable, string, struct, structs, uuid } from '../fields.ts'

const assignment = {
  topicPartitions: structs({
    topicId: uuid(),
    topicName: string(),
    partitions: array(int32()),
  }),
}

/** State, members and assignments of consumer groups (KIP-848). */
export const consumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: '0-1',
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
        instanceId: nullable(string({ default: null })),
        rackId: nullable(string({ default: null })),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: nullable(string({ default: null })),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: int8({ versions: '1+', default: -1, ignorable: true }),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})
