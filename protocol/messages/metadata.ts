import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, nullable, string, structs, uuid } from '../fields.ts'

/** Brokers, controller, topics and the leaders of their partitions. */
export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: nullable(
      structs({
        topicId: uuid({ versions: '10+', ignorable: true }),
        name: nullable(string(), '10+'),
      }),
      '1+',
    ),
    allowAutoTopicCreation: boolean({ versions: '4+', default: true }),
    includeClusterAuthorizedOperations: boolean({ versions: '8-10' }),
    includeTopicAuthorizedOperations: boolean({ versions: '8+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    brokers: structs({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string({ versions: '1+', default: null, ignorable: true })),
    }),
    clusterId: nullable(string({ versions: '2+', default: null, ignorable: true })),
    controllerId: int32({ versions: '1+', default: -1, ignorable: true }),
    topics: structs({
      errorCode: int16(),
      name: nullable(string(), '12+'),
      topicId: uuid({ versions: '10+', ignorable: true }),
      isInternal: boolean({ versions: '1+', default: false, ignorable: true }),
      partitions: structs({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
      }),
      topicAuthorizedOperations: int32({ versions: '8+', default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -2147483648 }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
})
