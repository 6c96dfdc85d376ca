import { defineApi } from '../api.ts'
import { array, int16, int32, int64, nullable, string, structs, uuid } from '../fields.ts'

/**
 * Where share groups start in partitions, for all of a group's topics with null (KIP-932), and how far behind they
 * are (KIP-1226).
 */
export const describeShareGroupOffsets = defineApi({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  versions: '0-1',
  flexible: '0+',
  request: {
    groups: structs({
      groupId: string(),
      topics: nullable(
        structs({
          topicName: string(),
          partitions: array(int32()),
        }),
      ),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    groups: structs({
      groupId: string(),
      topics: structs({
        topicName: string(),
        topicId: uuid(),
        partitions: structs({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64({ versions: '1+', default: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: nullable(string({ default: null })),
        }),
      }),
      errorCode: int16(),
      errorMessage: nullable(string({ default: null })),
    }),
  },
})
