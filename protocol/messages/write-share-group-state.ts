import { defineApi } from '../api.ts'
import { int8, int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** Stores the state of share-partitions; only their leaders send it, to the share coordinator (KIP-932). */
export const writeShareGroupState = defineApi({
  key: 85,
  name: 'WriteShareGroupState',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicId: uuid(),
      partitions: structs({
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ versions: '1+', default: -1, ignorable: true }),
        stateBatches: structs({
          firstOffset: int64(),
          lastOffset: int64(),
          /** 0 available, 2 acknowledged, 4 archived. */
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
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
      }),
    }),
  },
})
