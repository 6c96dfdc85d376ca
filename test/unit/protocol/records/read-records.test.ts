import { expect, test } from 'vitest'
import {
  compressionTypes,
  RecordBatchBuilder,
  readBatches,
  readControlRecords,
  readRecords,
  recordData,
  visitRecords,
} from '../../../../protocol/records/index.ts'
import { oldMessage, wrapped } from './old-messages.ts'
import { rawBatch, rawlyCompressed, rawRecord } from './raw-batches.ts'

const records = [
  { timestamp: 1000, key: Buffer.from('k'), value: Buffer.from('v'), headers: [] },
  {
    timestamp: 999,
    key: null,
    value: null,
    headers: [
      ['h', Buffer.from('1')],
      ['h', null],
    ] as Array<[string, Buffer | null]>,
  },
  { timestamp: 2000, key: Buffer.alloc(0), value: Buffer.alloc(5000, 'x'), headers: [] },
]

async function sealed(compression: (typeof compressionTypes)[number]): Promise<Buffer> {
  const builder = new RecordBatchBuilder()
  for (const { timestamp, key, value, headers } of records) builder.append(timestamp, key, value, headers)
  return builder.seal({ compression })
}

test.each(compressionTypes)('%s: records are read as they were appended, with their offsets', async (compression) => {
  const [batch] = readBatches(await sealed(compression))
  expect(await readRecords(batch)).toEqual(records.map((record, offset) => ({ offset, ...record })))
})

test('what they read makes the same batch again', async () => {
  const bytes = await sealed('none')
  const [batch] = readBatches(bytes)
  const builder = new RecordBatchBuilder()
  for (const { timestamp, key, value, headers } of await readRecords(batch))
    builder.append(timestamp, key, value, headers)
  expect(await builder.seal({ compression: 'none' })).toEqual(bytes)
})

test('a wrong checksum is refused, and so is more than was allowed', async () => {
  const bytes = await sealed('gzip')
  const [batch] = readBatches(bytes)
  await expect(readRecords(batch, 1000)).rejects.toMatchObject({ name: 'DecodeError', code: 'MESSAGE_TOO_LARGE' })
  bytes[bytes.length - 1] ^= 1
  await expect(readRecords(batch)).rejects.toMatchObject({ name: 'DecodeError', code: 'CORRUPT_MESSAGE' })
})

test.each(compressionTypes)('%s: a batch that compaction left empty has no records', async (compression) => {
  const [batch] = readBatches(rawlyCompressed(Buffer.alloc(0), { compression, recordCount: 0, lastOffsetDelta: 9 }))
  expect(batch).toMatchObject({ recordCount: 0, nextOffset: 10 })
  expect(await readRecords(batch)).toEqual([])
  expect(await recordData(batch, 0)).toHaveLength(0)
})

test('repeated and descending offsets are as they lie there; those outside of the batch are refused', async () => {
  const read = async (...deltas: number[]): Promise<number[]> => {
    const records = deltas.map((offsetDelta) => rawRecord({ offsetDelta }))
    const options = { baseOffset: 70, recordCount: deltas.length, lastOffsetDelta: 4 }
    const [batch] = readBatches(await rawBatch(Buffer.concat(records), options))
    return (await readRecords(batch)).map(({ offset }) => offset)
  }
  expect(await read(0, 0, 0)).toEqual([70, 70, 70])
  expect(await read(3, 1, 4)).toEqual([73, 71, 74])
  await expect(read(0, -1)).rejects.toThrow("record 1 (byte 68) has offset 69, which is not one of the batch's")
  await expect(read(0, 5)).rejects.toThrow("offset 75, which is not one of the batch's")
})

const tooMuch = { name: 'DecodeError', code: 'MESSAGE_TOO_LARGE', offset: 0 }

test.each(compressionTypes)('%s: headers count for the bound, each with 64', async (compression) => {
  // Headers without name and value: two bytes, nothing when they are compressed.
  const headers = (count: number): Buffer =>
    rawRecord({ headers: Buffer.alloc(2 * count, '\0\x01'), headerCount: count })
  const [one] = readBatches(await rawBatch(headers(1000), { compression, recordCount: 1 }))
  const bytes = compression === 'none' ? 0 : (await recordData(one, 1e6)).length
  const needed = bytes + 128 + 1000 * 64
  expect((await readRecords(one, needed))[0].headers).toHaveLength(1000)
  await expect(readRecords(one, needed - 1)).rejects.toMatchObject({
    ...tooMuch,
    message: `The record batch at offset 0 needs more than the ${needed - 1} bytes that are allowed, each record counted with 128 beside its bytes and each header with 64`,
  })
  // They add up over the records.
  const [two] = readBatches(
    await rawBatch(Buffer.concat([headers(500), headers(500)]), { compression, recordCount: 2, lastOffsetDelta: 5 }),
  )
  await expect(readRecords(two, needed)).rejects.toMatchObject(tooMuch)
})

test.each(compressionTypes)('%s: records count for the bound, each with 128', async (compression) => {
  const records = Buffer.concat(Array.from({ length: 1000 }, () => rawRecord({})))
  const [batch] = readBatches(await rawBatch(records, { compression, recordCount: 1000 }))
  const needed = (compression === 'none' ? 0 : records.length) + 1000 * 128
  expect(await readRecords(batch, needed)).toHaveLength(1000)
  await expect(readRecords(batch, needed - 1)).rejects.toMatchObject(tooMuch)
  // The number that stands in the header is enough to refuse them.
  if (compression !== 'none') {
    expect(() => recordData(batch, 127_999)).toThrow(expect.objectContaining({ ...tooMuch, position: 57 }))
  }
})

test('so do those in a compressed message of an old format, though nobody says how many there are', async () => {
  const messages = Array.from({ length: 100 }, (_, offset) => oldMessage({ offset }))
  const [batch] = readBatches(wrapped(messages, { offset: 99 }))
  const needed = Buffer.concat(messages).length + 100 * 128
  expect(await readRecords(batch, needed)).toHaveLength(100)
  await expect(readRecords(batch, needed - 1)).rejects.toMatchObject({ ...tooMuch, offset: 99 })
})

test('45 million headers in a few kilobytes are refused before they are looked at', async () => {
  const count = 45_000_000
  const bomb = rawRecord({ headers: Buffer.alloc(2 * count, '\0\x01'), headerCount: count })
  const bytes = await rawBatch(bomb, { compression: 'zstd', recordCount: 1 })
  expect(bytes.length).toBeLessThan(12_000)
  const [batch] = readBatches(bytes)
  await expect(readRecords(batch)).rejects.toMatchObject(tooMuch)
})

test('a number of headers that the record has no room for is damage, not size', async () => {
  const bytes = await rawBatch(rawRecord({ headerCount: 2 ** 31 - 1 }), { recordCount: 1 })
  await expect(readRecords([...readBatches(bytes)][0])).rejects.toMatchObject({ code: 'DECODE_FAILED', position: 61 })
})

test('a visitor that keeps nothing may go through all of it', async () => {
  const bomb = rawRecord({ headers: Buffer.alloc(2000, '\0\x01'), headerCount: 1000 })
  const [batch] = readBatches(await rawBatch(bomb, { recordCount: 1 }))
  const counts: number[] = []
  visitRecords(batch, recordData(batch, 0) as Buffer, (...args) => counts.push(args[7]))
  expect(counts).toEqual([1000])
})

test('errors say where in the batch, or in what was decompressed', async () => {
  const broken = Buffer.concat([rawRecord({}), rawRecord({ offsetDelta: 9 })])
  for (const [compression, position] of [
    ['none', 61 + 7],
    ['gzip', 7],
  ] as const) {
    const [batch] = readBatches(await rawBatch(broken, { compression, baseOffset: 40, recordCount: 2 }))
    await expect(readRecords(batch)).rejects.toMatchObject({ position, offset: 40 })
  }
  const control = await rawBatch(rawRecord({ offsetDelta: 9 }), { baseOffset: 40, recordCount: 1 })
  control[22] |= 0x20
  expect(() => readControlRecords([...readBatches(control)][0])).toThrow(
    expect.objectContaining({ offset: 40, position: 61 }),
  )
  const whole = await rawBatch(rawRecord({}), { baseOffset: 40, recordCount: 1 })
  const cut = (end: number): unknown => [
    ...readBatches(Buffer.concat([whole, whole.subarray(0, end)]), { partial: 'error' }),
  ]
  expect(() => cut(30)).toThrow(expect.objectContaining({ offset: 40, position: whole.length }))
  expect(() => cut(7)).toThrow(expect.objectContaining({ position: whole.length }))
})
