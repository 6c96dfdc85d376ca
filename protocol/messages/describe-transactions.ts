import { defineApi } from '../api.ts'
import { array, int16, int32, int64, string, structs } from '../fields.ts'

/** State and partitions of transactions; the coordinator of each knows (KIP-664). */
export const describeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexible: '0+',
  request: {
    transactionalIds: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    transactionStates: structs({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: structs({
        topic: string(),
        partitions: array(int32()),
      }),
    }),
  },
})
