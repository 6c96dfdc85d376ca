import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { RecordBatchBuilder } from '../../../protocol/records/index.ts'
import { splitRecords } from '../../../src/consumer/fetched-batch.ts'
import { Message } from '../../../src/consumer/message.ts'
import { MessageBatch } from '../../../src/consumer/message-batch.ts'

async function messageWith(
  key: Buffer | string | null,
  value: Buffer | string | null,
  headers: Array<[string, string | null]> = [],
): Promise<Message> {
  const builder = new RecordBatchBuilder()
  builder.append(1_700_000_000_000, key, value, headers)
  const records = await builder.seal({ compression: 'none' })
  const [batch] = splitRecords({ topic: 't', partition: 1 }, records, 0, null, {
    checkCrcs: false,
    maxDecompressedBytes: 1 << 20,
  })
  const [message] = await batch.decode(0)
  return message
}

test('null and empty are not the same', async () => {
  const message = await messageWith(null, '')
  expect(message.key).toBeNull()
  expect(message.value).toEqual(Buffer.alloc(0))
  expect((await messageWith('', null)).value).toBeNull()
})

test('headers keep order and repeated names; get gives the last', async () => {
  const { headers } = await messageWith('k', 'v', [
    ['a', '1'],
    ['b', null],
    ['a', '2'],
  ])
  expect([...headers].map(([name, value]) => [name, value?.toString()])).toEqual([
    ['a', '1'],
    ['b', undefined],
    ['a', '2'],
  ])
  expect(String(headers.get('a'))).toBe('2')
  expect(headers.get('b')).toBeNull()
  expect(headers.get('c')).toBeUndefined()
  expect(headers.getAll('a').map(String)).toEqual(['1', '2'])
  expect(headers.has('b')).toBe(true)
  expect(headers.size).toBe(3)
})

test('a copy shares no memory with the block, and is equal in everything', async () => {
  const message = await messageWith('key', 'value', [['h', 'x']])
  const copy = message.copy()
  expect(copy.toJSON()).toEqual(message.toJSON())
  expect(copy.value?.buffer).not.toBe(message.value?.buffer)
  expect(copy.value?.buffer.byteLength).toBe('keyvalue'.length)
  expect(copy.headers.get('h')?.buffer).not.toBe(message.headers.get('h')?.buffer)
  expect(await messageWith(null, null).then((each) => each.copy().key)).toBeNull()
})

test('JSON and inspection show text', async () => {
  const message = await messageWith('k', 'über', [['h', 'x']])
  expect(JSON.parse(JSON.stringify(message))).toEqual({
    topic: 't',
    partition: 1,
    offset: 0,
    timestamp: 1_700_000_000_000,
    timestampType: 'CreateTime',
    leaderEpoch: message.leaderEpoch,
    key: 'k',
    value: 'über',
    headers: [['h', 'x']],
  })
  expect(inspect(message)).toMatch(/^Message \{[\s\S]*offset: 0/)
  const binary = await messageWith(null, Buffer.from([0xff, 0]))
  expect(JSON.parse(JSON.stringify(binary)).value).toEqual({ type: 'Buffer', data: [255, 0] })
})

test('deserialized parts replace the bytes, which stay reachable', async () => {
  const message = Message.deserialize<string, number>(await messageWith('k', '42'), 'k', 42)
  expect(message.value).toBe(42)
  expect(String(message.rawValue)).toBe('42')
  expect(message.copy().value).toBe(42)
})

test('a batch is an array that knows where it comes from', async () => {
  const batch = new MessageBatch('t', 1, 10)
  batch.push(await messageWith('k', 'v'))
  MessageBatch.complete(batch, 1)
  expect(batch).toHaveLength(1)
  expect(batch[0].offset).toBe(0)
  expect([...batch]).toHaveLength(1)
  expect(batch.map(({ offset }) => offset)).toEqual([0])
  expect(batch.map(({ offset }) => offset)).not.toBeInstanceOf(MessageBatch)
  expect(batch.offsets).toEqual([{ topic: 't', partition: 1, offset: 1, leaderEpoch: batch[0].leaderEpoch }])
  expect(JSON.parse(JSON.stringify(batch))).toHaveLength(1)
})
