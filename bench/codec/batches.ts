import {
  checkCrc,
  type RecordBatch,
  RecordBatchBuilder,
  type RecordField,
  readBatches,
  recordData,
  visitRecords,
} from 'kafka-wire/protocol'
import { LightMessage } from '../floor/consumer.ts'
import { table } from '../report/table.ts'
import { type Effort, type Rivals, secondsPerCall } from './measure.ts'

const RECORDS = 1000
const VALUE_BYTES = 100
const STORAGE_BYTES = 256 * 1024

/** Encoding and decoding of one batch of 1000 records with 16-byte keys and 100-byte values. */
export async function batchTable(effort: Effort): Promise<string> {
  const texts = Array.from({ length: RECORDS }, (_, i) => `user-${String(i).padStart(11, '0')}`)
  const text = 'x'.repeat(VALUE_BYTES)
  const bytes = texts.map((key) => Buffer.from(key))
  const value = Buffer.from(text)
  // A producer's memory is pooled.
  const storage = Buffer.allocUnsafeSlow(STORAGE_BYTES)
  const encoded = Buffer.from(encode(bytes, value, Buffer.allocUnsafeSlow(STORAGE_BYTES), true))

  const steps: Rivals = {
    'encode Buffers': () => encode(bytes, value, storage, false),
    'encode Buffers, with CRC': () => encode(bytes, value, storage, true),
    'encode strings': () => encode(texts, text, storage, false),
    'encode strings, with CRC': () => encode(texts, text, storage, true),
    walk: () => {
      let count = 0
      walk(encoded, false, () => count++)
      return count
    },
    'walk, with CRC': () => {
      let count = 0
      walk(encoded, true, () => count++)
      return count
    },
    'CRC, lazy messages': () => messagesOf(encoded),
    'CRC, lazy messages, each value read': () => {
      let size = 0
      for (const message of messagesOf(encoded)) size += message.value.length
      return size
    },
  }
  const seconds = await secondsPerCall(steps, encoded.length, effort)
  const rows = Object.entries(seconds).map(([name, each]) => [
    name,
    ((each / RECORDS) * 1e9).toFixed(0),
    (RECORDS / each / 1e6).toFixed(1),
  ])
  return table(['', 'ns a record', 'million records/s'], rows)
}

function encode(keys: readonly RecordField[], value: RecordField, storage: Buffer, withCrc: boolean): Buffer {
  const builder = new RecordBatchBuilder(storage)
  const now = Date.now()
  for (let i = 0; i < keys.length; i++) builder.append(now, keys[i], value, null)
  return builder.seal({ compression: 'none', stampedLater: !withCrc }) as Buffer
}

type Visit = (data: Buffer, offset: number, keyStart: number, keyLength: number, start: number, length: number) => void

function walk(bytes: Buffer, withCrc: boolean, visit: Visit): void {
  for (const batch of readBatches(bytes)) {
    if (withCrc) checkCrc(batch)
    const data = plain(batch)
    visitRecords(batch, data, (offset, _timestamp, keyStart, keyLength, valueStart, valueLength) =>
      visit(data, offset, keyStart, keyLength, valueStart, valueLength),
    )
  }
}

function messagesOf(bytes: Buffer): LightMessage[] {
  const messages: LightMessage[] = []
  walk(bytes, true, (data, offset, keyStart, keyLength, valueStart, valueLength) =>
    messages.push(new LightMessage(data, offset, keyStart, keyLength, valueStart, valueLength)),
  )
  return messages
}

function plain(batch: RecordBatch): Buffer {
  return recordData(batch, 0) as Buffer
}
