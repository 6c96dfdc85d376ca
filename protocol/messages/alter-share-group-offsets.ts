import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** Sets where a share group without members starts (KIP-932). */
export const alterShareGroupOffsets = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  versions: '0',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicName: string(),
      partitions: structs({
        partitionIndex: int32(),
        startOffset: int64(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    responses: structs({
      topicName: string(),
      topicId: uuid(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ default: null })),
      }),
    }),
  },
})
