import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** Lays out the state of share-partitions; only group coordinators send it, to the share coordinator (KIP-932). */
export const initializeShareGroupState = defineApi({
  key: 83,
  name: 'InitializeShareGroupState',
  versions: '0',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicId: uuid(),
      partitions: structs({
        partition: int32(),
        stateEpoch: int32(),
        startOffset: int64(),
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
