import { expect, test } from 'vitest'
import { DecodeError } from '../../../../protocol/errors.ts'
import { RecordBatchBuilder, readBatches, recordData, visitRecords } from '../../../../protocol/records/index.ts'
import { oldMessage, wrapped } from './old-messages.ts'

// Found by the fuzzer: beyond 2^53 two records in a row had the same offset.
const BEYOND = 2 ** 53

test('a batch whose offsets are no exact numbers is refused', () => {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < 3; i++) builder.append(i, null, 'v', null)
  const batch = builder.seal({ compression: 'none' }) as Buffer
  // Nobody can place one there any more, but bytes from elsewhere can say so.
  batch.writeBigInt64BE(BigInt(BEYOND), 0)
  expect(() => [...readBatches(batch)]).toThrow(DecodeError)
})

test('so is a message of the old formats', () => {
  expect(() => [...readBatches(oldMessage({ offset: BEYOND, value: Buffer.from('v') }))]).toThrow(DecodeError)
})

test.each([
  ['a negative last one', [0, -5]],
  ['one beyond the last one', [90, 3]],
])('of compressed messages with %s none is visited', async (_, offsets) => {
  const inside = offsets.map((offset) => oldMessage({ offset, value: Buffer.from('v') }))
  const [batch] = readBatches(wrapped(inside, { offset: 7 }))
  const data = await recordData(batch, 1000)
  const visited: number[] = []
  expect(() => visitRecords(batch, data, (offset) => visited.push(offset))).toThrow(DecodeError)
  expect(visited).toEqual([])
})

test('and one that is compressed, with such offsets inside', async () => {
  const inside = oldMessage({ offset: BEYOND, value: Buffer.from('v') })
  const [batch] = readBatches(wrapped([inside], { offset: 0 }))
  const data = await recordData(batch, 1000)
  expect(() => visitRecords(batch, data, () => {})).toThrow(DecodeError)
})
