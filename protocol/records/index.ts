export { type Codec, type CompressionType, codecs as compression, compressionTypes } from './compression/index.ts'
export { type ControlRecord, readControlRecord } from './control-record.ts'
export { crc32c } from './crc32c.ts'
export { checkCrc, type RecordBatch, readBatches, recordData, type TimestampType } from './record-batch.ts'
export {
  type HeaderList,
  RecordBatchBuilder,
  type RecordField,
  recordSize,
  stampProducer,
} from './record-batch-builder.ts'
export { type RecordVisitor, readHeaders, visitRecords } from './records.ts'
