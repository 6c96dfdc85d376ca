import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/** The offsets that a group has committed; several groups at once from version 8 on (KIP-709). */
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: '1-10',
  flexible: '6+',
  request: {
    groupId: string({ versions: '1-7' }),
    topics: nullable(
      structs(
        {
          name: string(),
          partitionIndexes: array(int32()),
        },
        { versions: '1-7' },
      ),
      '2-7',
    ),
    groups: structs(
      {
        groupId: string(),
        memberId: nullable(string({ versions: '9+', default: null, ignorable: true })),
        memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
        topics: nullable(
          structs({
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitionIndexes: array(int32()),
          }),
        ),
      },
      { versions: '8+' },
    ),
    requireStable: boolean({ versions: '7+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: structs(
      {
        name: string(),
        partitions: structs({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ versions: '5-7', default: -1, ignorable: true }),
          metadata: nullable(string()),
          errorCode: int16(),
        }),
      },
      { versions: '1-7' },
    ),
    errorCode: int16({ versions: '2-7', default: 0, ignorable: true }),
    groups: structs(
      {
        groupId: string(),
        topics: structs({
          name: string({ versions: '8-9', ignorable: true }),
          topicId: uuid({ versions: '10+', ignorable: true }),
          partitions: structs({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1, ignorable: true }),
            metadata: nullable(string()),
            errorCode: int16(),
          }),
        }),
        errorCode: int16({ default: 0 }),
      },
      { versions: '8+' },
    ),
  },
})
