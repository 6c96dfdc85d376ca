import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, nullable, string, structs } from '../fields.ts'

/** Adds partitions to topics; only the controller does. */
export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: structs({
      name: string(),
      count: int32(),
      assignments: nullable(
        structs({
          brokerIds: array(int32()),
        }),
      ),
    }),
    timeoutMs: int32(),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    results: structs({
      name: string(),
      errorCode: int16(),
      errorMessage: nullable(string({ default: null })),
    }),
  },
})
