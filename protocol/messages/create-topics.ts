import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, nullable, string, structs, uuid } from '../fields.ts'

/** Creates topics; only the controller does. */
export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: '2-7',
  flexible: '5+',
  request: {
    topics: structs({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: structs({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: structs({
        name: string(),
        value: nullable(string()),
      }),
    }),
    timeoutMs: int32({ default: 60_000 }),
    validateOnly: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs({
      name: string(),
      topicId: uuid({ versions: '7+', ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string({ ignorable: true })),
      topicConfigErrorCode: int16({ versions: '5+', tag: 0, ignorable: true }),
      numPartitions: int32({ versions: '5+', default: -1, ignorable: true }),
      replicationFactor: int16({ versions: '5+', default: -1, ignorable: true }),
      configs: nullable(
        structs(
          {
            name: string(),
            value: nullable(string()),
            readOnly: boolean(),
            configSource: int8({ default: -1, ignorable: true }),
            isSensitive: boolean(),
          },
          { versions: '5+', ignorable: true },
        ),
      ),
    }),
  },
})
