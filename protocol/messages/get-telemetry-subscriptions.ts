import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, string, uuid } from '../fields.ts'

/** Which metrics the cluster wants of a client, how often and in which form (KIP-714). */
export const getTelemetrySubscriptions = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: '0',
  flexible: '0+',
  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: boolean(),
    requestedMetrics: array(string()),
  },
})
