import { defineApi } from '../api.ts'
import { int16, int32, string, structs } from '../fields.ts'

/** Deletes the offsets of a classic group for topics that it is not subscribed to (KIP-496). */
export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexible: 'none',
  request: {
    groupId: string(),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
