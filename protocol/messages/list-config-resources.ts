import { defineApi } from '../api.ts'
import { array, int8, int16, int32, string, structs } from '../fields.ts'

/**
 * Names of the resources that have a configuration (KIP-1142); in version 0 those for client metrics only (KIP-714).
 */
export const listConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexible: '0+',
  request: {
    /** Empty for all. */
    resourceTypes: array(int8(), { versions: '1+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: structs({
      resourceName: string(),
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8({ versions: '1+', default: 16, ignorable: true }),
    }),
  },
})
