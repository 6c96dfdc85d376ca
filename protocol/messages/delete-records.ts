import { defineApi } from '../api.ts'
import { int16, int32, int64, string, structs } from '../fields.ts'

/** Deletes the records before an offset, −1 for the high watermark; each partition's leader does (KIP-107). */
export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: structs({
      name: string(),
      partitions: structs({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
})
