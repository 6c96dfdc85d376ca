import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, int64, string, structs } from '../fields.ts'

/** Has leaders write the end of a transaction into their logs; only transaction coordinators send it (KIP-98). */
export const writeTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexible: '1+',
  request: {
    markers: structs({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: boolean(),
      topics: structs({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ versions: '2+', default: 0, ignorable: true }),
    }),
  },
  response: {
    markers: structs({
      producerId: int64(),
      topics: structs({
        name: string(),
        partitions: structs({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
})
