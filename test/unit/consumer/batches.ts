import { RecordBatchBuilder, stampProducer } from '../../../protocol/records/index.ts'

const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ATTRIBUTES = 21

export interface BatchOptions {
  offset: number
  values?: string[]
  producerId?: number
  transactional?: boolean
  compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

/** A record batch as a broker would send it. */
export async function recordBatch(options: BatchOptions): Promise<Buffer> {
  const { offset, values = ['v'], producerId = -1, transactional = false, compression = 'none' } = options
  const builder = new RecordBatchBuilder()
  for (const [i, value] of values.entries()) builder.append(1000 + i, `k${i}`, value, null)
  const batch = Buffer.from(await builder.seal({ compression }))
  return placed(batch, offset, producerId, transactional, 0)
}

/** The end of a producer's transaction. */
export async function marker(offset: number, producerId: number, type: 'COMMIT' | 'ABORT'): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, type === 'ABORT' ? 0 : 1])
  const builder = new RecordBatchBuilder()
  builder.append(1000, key, Buffer.alloc(6), null)
  const batch = Buffer.from(await builder.seal({ compression: 'none' }))
  return placed(batch, offset, producerId, true, CONTROL)
}

function placed(batch: Buffer, offset: number, producerId: number, transactional: boolean, flags: number): Buffer {
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES) | flags | (transactional ? TRANSACTIONAL : 0), ATTRIBUTES)
  // Makes the checksum right again.
  stampProducer(batch, producerId, 0, 0, transactional)
  return batch
}
