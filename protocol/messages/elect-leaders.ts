import { defineApi } from '../api.ts'
import { array, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Elects leaders of partitions, for all of them with null; only the controller does (KIP-183, KIP-460). */
export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: '0-2',
  flexible: '2+',
  request: {
    /** 0 preferred, 1 unclean. */
    electionType: int8({ versions: '1+' }),
    topicPartitions: nullable(
      structs({
        topic: string(),
        partitions: array(int32()),
      }),
    ),
    timeoutMs: int32({ default: 60_000 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: structs({
      topic: string(),
      partitionResult: structs({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
    }),
  },
})
