import { defineApi } from '../api.ts'
import { boolean, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Cluster id, controller and brokers (KIP-700, KIP-919). */
export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: '0-2',
  flexible: '0+',
  request: {
    includeClusterAuthorizedOperations: boolean(),
    endpointType: int8({ versions: '1+', default: 1 }),
    includeFencedBrokers: boolean({ versions: '2+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    endpointType: int8({ versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: structs({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string({ default: null })),
      isFenced: boolean({ versions: '2+' }),
    }),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
})
