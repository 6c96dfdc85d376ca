import { defineApi } from '../api.ts'
import { boolean, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/**
 * Replaces whole configurations: what is left out goes back to its default. IncrementalAlterConfigs is its successor
 * (KIP-339).
 */
export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: '0-2',
  flexible: '2+',
  request: {
    resources: structs({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      resourceName: string(),
      configs: structs({
        name: string(),
        value: nullable(string()),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: structs({
      errorCode: int16(),
      errorMessage: nullable(string()),
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      resourceName: string(),
    }),
  },
})
