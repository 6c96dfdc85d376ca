import { defineApi } from '../api.ts'
import { array, int16, int32, string, structs } from '../fields.ts'

/** Moves replicas between the log directories of the broker that is asked (KIP-113). */
export const alterReplicaLogDirs = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: '1-2',
  flexible: '2+',
  request: {
    dirs: structs({
      path: string(),
      topics: structs({
        name: string(),
        partitions: array(int32()),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: structs({
      topicName: string(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
})
