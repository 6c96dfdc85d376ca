import { defineApi } from '../api.ts'
import { boolean, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Changes single values of configurations and leaves the others as they are (KIP-339). */
export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: '0-1',
  flexible: '1+',
  request: {
    resources: structs({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      resourceName: string(),
      configs: structs({
        name: string(),
        /** 0 set, 1 delete, 2 append to a list, 3 subtract from a list. */
        configOperation: int8(),
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
