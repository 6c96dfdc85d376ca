import { expect, test } from 'vitest'
import { compressionTypes, RecordBatchBuilder, readBatches, readRecords } from '../../../../protocol/records/index.ts'

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
