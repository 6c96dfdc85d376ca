import { defineApi } from '../api.ts'
import { boolean, int16, int32, int64, string } from '../fields.ts'

/**
 * Commits or aborts a transaction (KIP-98). From version 5 on each end raises the producer epoch, which the answer
 * tells (KIP-890).
 */
export const endTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ versions: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
  },
})
