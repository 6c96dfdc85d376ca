import { defineApi } from '../api.ts'
import { array, int16, int32, int64, nullable, string, structs } from '../fields.ts'

/**
 * The transactions that a broker coordinates, by state and producer (KIP-664), duration (KIP-994) and pattern
 * (KIP-1152).
 */
export const listTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: '0-2',
  flexible: '0+',
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ versions: '1+', default: -1 }),
    transactionalIdPattern: nullable(string({ versions: '2+', default: null })),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: structs({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
})
