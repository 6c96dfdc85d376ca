import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/**
 * Start offsets of share-partitions without their batches; only group coordinators ask, and the share coordinator
 * answers (KIP-932).
 */
export const readShareGroupStateSummary = defineApi({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicId: uuid(),
      partitions: structs({
        partition: int32(),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    results: structs({
      topicId: uuid(),
      partitions: structs({
        partition: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ default: null })),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
      }),
    }),
  },
})
