import { expect, test } from 'vitest'
import {
  checkCrc,
  controlRecordTypes,
  RecordBatchBuilder,
  readBatches,
  readControlRecord,
  readControlRecords,
  stampProducer,
  transactionMarker,
} from '../../../../protocol/records/index.ts'
import fixtures from './foreign/control-batches.json' with { type: 'json' }

/** Written by Kafka 4.4.0; `foreign/ControlBatches.java` says how. */
function java(name: keyof typeof fixtures): Buffer {
  return Buffer.from(fixtures[name], 'base64')
}

const PRODUCER_ID = 4_000_000_000_000

test.each(['ABORT', 'COMMIT'] as const)("%s: a transaction's end is what Java writes, and is read", (type) => {
  const marker = transactionMarker({
    type,
    producerId: PRODUCER_ID,
    producerEpoch: 3,
    coordinatorEpoch: 17,
    timestamp: 1_700_000_000_000,
    offset: 42,
    partitionLeaderEpoch: 5,
  })
  expect(marker.toString('hex')).toBe(java(type).toString('hex'))
  const [batch] = readBatches(marker)
  checkCrc(batch)
  expect(batch).toMatchObject({ isControl: true, isTransactional: true, producerId: PRODUCER_ID, producerEpoch: 3 })
  expect(batch).toMatchObject({ baseOffset: 42, nextOffset: 43, partitionLeaderEpoch: 5, baseSequence: -1 })
  expect(readControlRecord(batch)).toEqual({ type, coordinatorEpoch: 17 })
})

test("a transaction's batch is what Java writes", () => {
  const builder = new RecordBatchBuilder()
  builder.append(1_700_000_000_000, 'k', 'v', null)
  const batch = builder.seal({ compression: 'none', stampedLater: true }) as Buffer
  stampProducer(batch, PRODUCER_ID, 3, 8, true)
  expect(batch.toString('hex')).toBe(java('TRANSACTIONAL').toString('hex'))
})

test.each(controlRecordTypes.slice(2))('%s is named', (type) => {
  const [batch] = readBatches(java(type as keyof typeof fixtures))
  checkCrc(batch)
  expect(readControlRecords(batch)).toEqual([{ type, coordinatorEpoch: -1 }])
})

function controlBatch(records: Array<[key: number[], value: number[]]>): Buffer {
  const builder = new RecordBatchBuilder()
  for (const [key, value] of records) builder.append(0, Buffer.from(key), Buffer.from(value), null)
  return builder.seal({ compression: 'none', control: true }) as Buffer
}

test('types and versions of later Kafkas do no harm', () => {
  const [batch] = readBatches(
    controlBatch([
      [
        [0, 1, 0, 1, 9],
        [0, 1, 0, 0, 0, 5, 1, 2],
      ],
      [[0, 0, 0, 99], []],
      [[0, 0, 0xff, 0xff], []],
    ]),
  )
  expect(readControlRecords(batch)).toEqual([
    { type: 'COMMIT', coordinatorEpoch: 5 },
    { type: 'UNKNOWN', coordinatorEpoch: -1 },
    { type: 'UNKNOWN', coordinatorEpoch: -1 },
  ])
  expect(readControlRecord(batch)).toEqual({ type: 'COMMIT', coordinatorEpoch: 5 })
})

test.each<[string, number[], number[]]>([
  ['no type', [0, 0, 0], []],
  ['no type', [0xff, 0xff, 0, 1], [0, 0, 0, 0, 0, 0]],
  ['no epoch', [0, 0, 0, 1], [0, 0, 0, 0, 0]],
  ['no epoch', [0, 0, 0, 0], [0xff, 0xff, 0, 0, 0, 0]],
])('refused: %s', (message, key, value) => {
  const [batch] = readBatches(controlBatch([[key, value]]))
  expect(() => readControlRecord(batch)).toThrow(expect.objectContaining({ name: 'DecodeError', offset: 0 }))
  expect(() => readControlRecord(batch)).toThrow(message)
})

test('refused: other batches, compressed ones, and those without a record', () => {
  const builder = new RecordBatchBuilder()
  builder.append(0, null, 'v', null)
  const [data] = readBatches(builder.seal({ compression: 'none' }) as Buffer)
  expect(() => readControlRecord(data)).toThrow('is not a control batch')
  const [compressed] = readBatches(Buffer.from(java('COMMIT')).fill(0x34, 22, 23))
  expect(() => readControlRecord(compressed)).toThrow('is compressed')
  const [empty] = readBatches(Buffer.from(java('COMMIT').subarray(0, 61)).fill(0, 57).fill(49, 11, 12))
  expect(() => readControlRecord(empty)).toThrow('has no record')
})
