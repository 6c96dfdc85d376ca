import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/**
 * Stores offsets that count once their transaction is committed; fenced by generation from version 3 on (KIP-447).
 * By topic id from version 6 on (KIP-1319).
 */
export const txnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: '0-6',
  flexible: '3+',
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationIdOrMemberEpoch: int32({ versions: '3+', default: -1 }),
    memberId: string({ versions: '3+', default: '' }),
    groupInstanceId: nullable(string({ versions: '3+', default: null })),
    topics: structs({
      name: string({ versions: '0-5', ignorable: true }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      partitions: structs({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '2+', default: -1, ignorable: true }),
        committedMetadata: nullable(string()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: structs({
      name: string({ versions: '0-5', ignorable: true }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
