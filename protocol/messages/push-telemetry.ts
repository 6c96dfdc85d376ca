import { defineApi } from '../api.ts'
import { boolean, bytes, int8, int16, int32, uuid } from '../fields.ts'

/** A client's metrics, as OpenTelemetry protobuf (KIP-714). */
export const pushTelemetry = defineApi({
  key: 72,
  name: 'PushTelemetry',
  versions: '0',
  flexible: '0+',
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: boolean(),
    /** As in the attributes of a record batch: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
})
