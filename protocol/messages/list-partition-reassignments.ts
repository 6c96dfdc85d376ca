import { defineApi } from '../api.ts'
import { array, int16, int32, nullable, string, structs } from '../fields.ts'

/** Moves of partitions that are under way, all of them for null (KIP-455). */
export const listPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: '0',
  flexible: '0+',
  request: {
    timeoutMs: int32({ default: 60_000 }),
    topics: nullable(
      structs(
        {
          name: string(),
          partitionIndexes: array(int32()),
        },
        { default: null },
      ),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
})
