import { defineApi } from '../api.ts'
import { int16, int32, nullable, string, structs, uuid } from '../fields.ts'

/** Deletes the offsets of a share group without members, whole topics at a time (KIP-932). */
export const deleteShareGroupOffsets = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  versions: '0',
  flexible: '0+',
  request: {
    groupId: string(),
    topics: structs({
      topicName: string(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    responses: structs({
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: nullable(string({ default: null })),
    }),
  },
})
