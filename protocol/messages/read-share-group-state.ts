import { defineApi } from '../api.ts'
import { int8, int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** State of share-partitions; only their leaders ask, and the share coordinator answers (KIP-932). */
export const readShareGroupState = defineApi({
  key: 84,
  name: 'ReadShareGroupState',
  versions: '0',
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
        startOffset: int64(),
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
})
