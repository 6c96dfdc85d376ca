import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** Stores the offsets at which a group goes on. By topic id from version 10 on. */
export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: '2-10',
  flexible: '8+',
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1, ignorable: true }),
    memberId: string({ ignorable: true }),
    groupInstanceId: nullable(string({ versions: '7+', default: null })),
    retentionTimeMs: int64({ versions: '2-4', default: -1, ignorable: true }),
    topics: structs({
      name: string({ versions: '2-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: structs({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '6+', default: -1, ignorable: true }),
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: structs({
      name: string({ versions: '2-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
