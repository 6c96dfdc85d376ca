import { defineApi } from '../api.ts'
import { int16, int32, nullable, string } from '../fields.ts'

/** Removes a controller that is shut down from the cluster's metadata. */
export const unregisterController = defineApi({
  key: 94,
  name: 'UnregisterController',
  versions: '0',
  flexible: '0+',
  request: {
    controllerId: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
})
