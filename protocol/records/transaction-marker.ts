import { EncodeError } from '../errors.ts'
import { controlRecordTypes } from './control-record.ts'
import { placeBatch, RecordBatchBuilder, stampProducer } from './record-batch-builder.ts'

/** How a producer's transaction ended in a partition. */
export interface TransactionMarker {
  readonly type: 'ABORT' | 'COMMIT'
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** ms since the epoch */
  readonly timestamp: number
  /** Its offset in the log. Default 0. */
  readonly offset?: number
  /** Default −1. */
  readonly partitionLeaderEpoch?: number
}

const VERSION = 0
const NO_SEQUENCE = -1

/**
 * The control batch that a broker appends to a partition when a transaction ends.
 * @throws EncodeError naming what is not what it must be
 */
export function transactionMarker(marker: TransactionMarker): Buffer {
  const { type, producerId, producerEpoch, coordinatorEpoch, timestamp, offset = 0, partitionLeaderEpoch = -1 } = marker
  if (type !== 'ABORT' && type !== 'COMMIT') {
    throw new EncodeError('The type of a transaction marker must be ABORT or COMMIT', { field: 'type' })
  }
  if (!Number.isInteger(coordinatorEpoch)) {
    throw new EncodeError('The coordinatorEpoch of a transaction marker must be an integer', {
      field: 'coordinatorEpoch',
    })
  }
  const key = Buffer.alloc(4)
  key.writeInt16BE(VERSION, 0)
  key.writeInt16BE(controlRecordTypes.indexOf(type), 2)
  const value = Buffer.alloc(6)
  value.writeInt16BE(VERSION, 0)
  value.writeInt32BE(coordinatorEpoch, 2)
  const builder = new RecordBatchBuilder()
  builder.append(timestamp, key, value, null)
  // Without compression nothing is left to another thread.
  const batch = builder.seal({ compression: 'none', control: true, stampedLater: true }) as Buffer
  placeBatch(batch, offset, partitionLeaderEpoch)
  stampProducer(batch, producerId, producerEpoch, NO_SEQUENCE, true)
  return batch
}
