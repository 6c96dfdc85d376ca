import { defineApi } from '../api.ts'
import { int16, int32, nullable, string, structs, uuid } from '../fields.ts'

/** Deletes the state of share-partitions; only group coordinators send it, to the share coordinator (KIP-932). */
export const deleteShareGroupState = defineApi({
  key: 86,
  name: 'DeleteShareGroupState',
  versions: '0',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicId: uuid(),
      partitions: structs({
        partition: int32(),
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
