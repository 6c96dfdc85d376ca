import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, nullable, string, structs } from '../fields.ts'

/**
 * Moves partitions to other replicas, or with null stops a move that is under way; only the controller does
 * (KIP-455, KIP-860).
 */
export const alterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: '0-1',
  flexible: '0+',
  request: {
    timeoutMs: int32({ default: 60_000 }),
    allowReplicationFactorChange: boolean({ versions: '1+', default: true }),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        replicas: nullable(array(int32(), { default: null })),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: boolean({ versions: '1+', default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: nullable(string()),
    responses: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    }),
  },
})
