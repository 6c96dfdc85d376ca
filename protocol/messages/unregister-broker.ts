import { defineApi } from '../api.ts'
import { int16, int32, nullable, string } from '../fields.ts'

/** Removes a broker that is shut down from the cluster's metadata (KIP-631). */
export const unregisterBroker = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  versions: '0',
  flexible: '0+',
  request: {
    brokerId: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
})
