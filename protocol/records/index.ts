export { type Codec, type CompressionType, codecs as compression, compressionTypes } from './compression/index.ts'
export {
  type ControlRecord,
  type ControlRecordType,
  controlRecordTypes,
  readControlRecord,
  readControlRecords,
} from './control-record.ts'
export { crc32c } from './crc32c.ts'
export { checkInnerCrcs } from './message-set.ts'
export { type KafkaRecord, readRecords } from './read-records.ts'
export {
  checkCrc,
  type ReadBatchesOptions,
  type RecordBatch,
  readBatches,
  recordData,
  type TimestampType,
} from './record-batch.ts'
export {
  type HeaderList,
  placeBatch,
  RecordBatchBuilder,
  type RecordField,
  recordSize,
  type SealOptions,
  stampProducer,
} from './record-batch-builder.ts'
export { type RecordVisitor, readHeaders, visitRecords } from './records.ts'
export { type TransactionMarker, transactionMarker } from './transaction-marker.ts'
