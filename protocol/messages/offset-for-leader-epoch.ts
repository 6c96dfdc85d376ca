import { defineApi } from '../api.ts'
import { int16, int32, int64, string, structs } from '../fields.ts'

/** Where a leader epoch ends, by which a consumer finds out that its log was truncated (KIP-320). */
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: structs({
      topic: string(),
      partitions: structs({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1, ignorable: true }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs({
      topic: string(),
      partitions: structs({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1, ignorable: true }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
})
