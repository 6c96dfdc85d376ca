import { defineApi } from '../api.ts'
import { boolean, int16, int32, int64, nullable, string } from '../fields.ts'

/** A producer id and epoch for idempotent and transactional producers (KIP-98, KIP-360). */
export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: '0-6',
  flexible: '2+',
  latestVersionUnstable: true,
  request: {
    transactionalId: nullable(string()),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
    enable2Pc: boolean({ versions: '6+', default: false }),
    keepPreparedTxn: boolean({ versions: '6+', default: false }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ versions: '6+', default: -1 }),
    ongoingTxnProducerEpoch: int16({ versions: '6+', default: -1 }),
  },
})
