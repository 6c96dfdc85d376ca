import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, int64, nullable, string, structs } from '../fields.ts'

/**
 * Log directories of the broker that is asked, their replicas, and what room there is (KIP-113, KIP-827, KIP-1066).
 */
export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-5',
  flexible: '2+',
  request: {
    topics: nullable(
      structs({
        topic: string(),
        partitions: array(int32()),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: structs({
      errorCode: int16(),
      logDir: string(),
      topics: structs({
        name: string(),
        partitions: structs({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: boolean(),
        }),
      }),
      totalBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      usableBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      isCordoned: boolean({ versions: '5+', default: false, ignorable: true }),
    }),
  },
})
