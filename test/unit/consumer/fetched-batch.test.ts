import { describe, expect, test } from 'vitest'
import { AbortedTransactions } from '../../../src/consumer/aborted-transactions.ts'
import { type FetchedBatch, splitRecords } from '../../../src/consumer/fetched-batch.ts'
import { oldMessage, wrapped } from '../protocol/records/old-messages.ts'
import { rawBatch, rawlyCompressed, rawRecord } from '../protocol/records/raw-batches.ts'
import { marker, recordBatch } from './batches.ts'

const origin = { topic: 't', partition: 3 }
const options = { checkCrcs: true, maxDecompressedBytes: 1 << 20 }

/** `offset:value` of what a reader at `position` sees. */
async function seen(batches: FetchedBatch[], position = 0): Promise<string[]> {
  const messages: string[] = []
  for (const batch of batches) {
    for (const { offset, value } of await batch.decode(position)) messages.push(`${offset}:${value}`)
  }
  return messages
}

function split(records: Buffer[], aborted: AbortedTransactions | null = null, fetchOffset = 0): FetchedBatch[] {
  return splitRecords(origin, Buffer.concat(records), fetchOffset, aborted, options)
}

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'reads %s batches from the position on',
  async (compression) => {
    const batches = split([
      await recordBatch({ offset: 10, values: ['a', 'b', 'c'], compression }),
      await recordBatch({ offset: 13, values: ['d'], compression }),
    ])
    expect(batches.map(({ baseOffset, nextOffset }) => [baseOffset, nextOffset])).toEqual([
      [10, 13],
      [13, 14],
    ])
    expect(await seen(batches, 11)).toEqual(['11:b', '12:c', '13:d'])
  },
)

test('messages know where they come from', async () => {
  const [batch] = split([await recordBatch({ offset: 5, values: ['a'] })])
  const [message] = await batch.decode(0)
  expect(message).toMatchObject({ topic: 't', partition: 3, offset: 5, timestamp: 1000, timestampType: 'CreateTime' })
  expect(String(message.key)).toBe('k0')
})

test('an incomplete last batch is left out', async () => {
  const whole = await recordBatch({ offset: 0 })
  const cut = (await recordBatch({ offset: 1 })).subarray(0, 40)
  expect(await seen(split([whole, cut]))).toEqual(['0:v'])
})

test.each<[string, (whole: Buffer) => Buffer]>([
  ['a length that is too large', (whole) => Buffer.concat([whole, whole]).fill(0x7f, 8, 9)],
  ['less than a header', (whole) => whole.subarray(0, 10)],
  ['an old message that is cut off', () => oldMessage({ offset: 5, value: Buffer.from('v') }).subarray(0, -1)],
])('an answer that begins with no whole batch is an error: %s', async (_what, damage) => {
  // To leave it out would be to ask for the same again, for ever.
  const records = damage(await recordBatch({ offset: 5 }))
  const [batch, ...others] = splitRecords(origin, records, 5, null, options)
  expect(others).toEqual([])
  expect(batch).toMatchObject({ baseOffset: 5, nextOffset: 5, byteLength: records.length })
  expect(() => batch.decode(5)).toThrow(
    expect.objectContaining({
      name: 'DecodeError',
      code: 'DECODE_FAILED',
      message: `The ${records.length} bytes that were fetched of t-3 at offset 5 hold no whole record batch`,
      topic: 't',
      partition: 3,
      offset: 5,
      position: 0,
    }),
  )
})

test('no bytes at all are no error', () => {
  expect(split([])).toEqual([])
})

test("of repeated and descending offsets those are delivered that Java's consumer delivers", async () => {
  // Kafka 4.4 took these batches, and its console consumer printed what is expected here.
  const batchOf = (baseOffset: number, ...deltas: number[]): Promise<Buffer> => {
    const records = deltas.map((offsetDelta, i) => rawRecord({ offsetDelta, value: Buffer.from(`${baseOffset}.${i}`) }))
    return rawBatch(Buffer.concat(records), { baseOffset, recordCount: deltas.length })
  }
  const batches = split([await batchOf(0, 0, 0, 0), await batchOf(3, 1, 0, 2), await batchOf(6, 0, 1, 2)])
  expect(await seen(batches)).toEqual(['0:0.0', '4:3.0', '5:3.2', '6:6.0', '7:6.1', '8:6.2'])
  expect(batches.map(({ nextOffset }) => nextOffset)).toEqual([3, 6, 9])
  expect(await seen(batches, 4)).toEqual(['4:3.0', '5:3.2', '6:6.0', '7:6.1', '8:6.2'])
})

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  '%s: a batch that compaction left empty is passed over',
  async (compression) => {
    const empty = rawlyCompressed(Buffer.alloc(0), { compression, recordCount: 0, lastOffsetDelta: 4 })
    const batches = split([empty, await recordBatch({ offset: 5 })])
    expect(batches.map(({ nextOffset }) => nextOffset)).toEqual([5, 6])
    expect(await seen(batches)).toEqual(['5:v'])
  },
)

test('a flipped bit is noticed, and never delivered', async () => {
  const good = await recordBatch({ offset: 0, values: ['a'] })
  const bad = await recordBatch({ offset: 1, values: ['b'] })
  bad[bad.length - 2] ^= 1
  const [first, second] = split([good, bad])
  expect(await first.decode(0)).toHaveLength(1)
  expect(() => second.decode(0)).toThrow(expect.objectContaining({ code: 'CORRUPT_MESSAGE' }))
})

test('what cannot be split is an error at its place, after what could be', async () => {
  const good = await recordBatch({ offset: 0 })
  const bad = await recordBatch({ offset: 1 })
  bad[16] = 9
  const [first, second] = split([good, bad])
  expect(await first.decode(0)).toHaveLength(1)
  expect(second).toMatchObject({ baseOffset: 1, byteLength: bad.length })
  expect(() => second.decode(0)).toThrow(expect.objectContaining({ name: 'DecodeError' }))
})

const transaction = (offset: number, producerId: number, value: string): Promise<Buffer> => {
  return recordBatch({ offset, producerId, values: [value], transactional: true })
}

test('read_committed hides aborted records, whatever the order of the list', async () => {
  const records = [
    await transaction(0, 1, 'aborted'),
    await transaction(1, 2, 'committed'),
    await recordBatch({ offset: 2, producerId: 1, values: ['not transactional'] }),
    await marker(3, 1, 'ABORT'),
    await marker(4, 2, 'COMMIT'),
    await transaction(5, 1, 'committed later'),
    await marker(6, 1, 'COMMIT'),
    await transaction(7, 1, 'aborted again'),
    await marker(8, 1, 'ABORT'),
  ]
  const aborted = new AbortedTransactions([
    { producerId: 1, firstOffset: 7 },
    { producerId: 1, firstOffset: 0 },
  ])
  expect(await seen(split(records, aborted))).toEqual(['1:committed', '2:not transactional', '5:committed later'])
})

test('read_committed hides aborted records whose marker comes in a later answer', async () => {
  const list = [{ producerId: 1, firstOffset: 0 }]
  const first = split([await transaction(0, 1, 'a'), await transaction(1, 1, 'b')], new AbortedTransactions(list))
  const second = split(
    [await transaction(2, 1, 'c'), await marker(3, 1, 'ABORT'), await transaction(4, 1, 'kept')],
    new AbortedTransactions(list),
    2,
  )
  expect(await seen([...first, ...second])).toEqual(['4:kept'])
})

test('two abort markers in a row do no harm', async () => {
  const records = [
    await transaction(0, 1, 'a'),
    await marker(1, 1, 'ABORT'),
    await marker(2, 1, 'ABORT'),
    await transaction(3, 1, 'kept'),
  ]
  const aborted = new AbortedTransactions([{ producerId: 1, firstOffset: 0 }])
  expect(await seen(split(records, aborted))).toEqual(['3:kept'])
})

test('read_uncommitted shows everything but markers', async () => {
  const records = [await transaction(0, 1, 'aborted'), await marker(1, 1, 'ABORT'), await transaction(2, 2, 'running')]
  expect(await seen(split(records))).toEqual(['0:aborted', '2:running'])
})

describe('messages of old formats', () => {
  const inside = (offset: number, timestamp: number, magic: 0 | 1 = 1): Buffer =>
    oldMessage({ magic, offset, timestamp, key: Buffer.from('k'), value: Buffer.from(`v${timestamp}`) })
  const compressed = wrapped([inside(0, 7), inside(2, 8), inside(3, 9)], { offset: 23, timestamp: 9 })

  test('a place in the middle of compressed ones', async () => {
    const batches = split([inside(12, 1, 0), inside(19, 2), compressed], null, 10)
    expect(batches.map(({ baseOffset, nextOffset }) => [baseOffset, nextOffset])).toEqual([
      [12, 13],
      [19, 20],
      [20, 24],
    ])
    expect(await seen(batches, 22)).toEqual(['22:v8', '23:v9'])
    expect(await seen(split([compressed], null, 22), 22)).toEqual(['22:v8', '23:v9'])
    expect(await seen(batches, 10)).toEqual(['12:v1', '19:v2', '20:v7', '22:v8', '23:v9'])
  })

  test('what reaches beyond its own offset is refused: the place after it would be read again, for ever', async () => {
    // Not yet placed: that is how a producer sends it.
    const [batch] = split([wrapped([inside(0, 7), inside(1, 8)], { offset: 0 })])
    expect(() => batch.decode(0)).toThrow(
      expect.objectContaining({
        name: 'DecodeError',
        code: 'DECODE_FAILED',
        message: 'The message at offset 0 (format 1) holds one with the offset 1',
        offset: 0,
      }),
    )
  })

  test('what they do not have', async () => {
    const [message] = await split([inside(12, 1, 0)])[0].decode(0)
    expect(message).toMatchObject({ offset: 12, timestamp: -1, timestampType: 'CreateTime', leaderEpoch: -1 })
    expect([...message.headers]).toEqual([])
    expect([String(message.key), String(message.copy().value)]).toEqual(['k', 'v1'])
    const set = wrapped([inside(0, 7), inside(1, 8)], { offset: 1, timestamp: 99, attributes: 0x09 })
    const late = await split([set])[0].decode(0)
    expect(late.map(({ timestamp, timestampType }) => [timestamp, timestampType])).toEqual([
      [99, 'LogAppendTime'],
      [99, 'LogAppendTime'],
    ])
    const [tombstone] = await split([oldMessage({ offset: 4 })])[0].decode(0)
    expect([tombstone.key, tombstone.value]).toEqual([null, null])
  })

  test('checksums inside and outside', async () => {
    const broken = Buffer.from(inside(0, 7))
    broken[broken.length - 1] ^= 1
    for (const bytes of [broken, wrapped([broken], { offset: 0 })]) {
      expect(() => split([bytes])[0].decode(0)).toThrow(expect.objectContaining({ code: 'CORRUPT_MESSAGE' }))
      const [unchecked] = splitRecords(origin, bytes, 0, null, { ...options, checkCrcs: false })
      expect(await unchecked.decode(0)).toHaveLength(1)
    }
  })

  test('bombs are refused', async () => {
    const bomb = oldMessage({ offset: 0, value: Buffer.alloc(4 << 20) })
    expect(() => split([wrapped([bomb], { offset: 23 })])[0].decode(0)).toThrow("option 'maxDecompressedBytes'")
  })
})

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('a %s bomb is refused by name', async (compression) => {
  const values = ['x'.repeat(40 << 20)]
  const [batch] = split([await recordBatch({ offset: 5, values, compression })])
  await expect((async () => batch.decode(0))()).rejects.toMatchObject({
    name: 'DecodeError',
    code: 'MESSAGE_TOO_LARGE',
    topic: 't',
    partition: 3,
    offset: 5,
    nextOffset: 6,
    message: `The batch at offset 5 of t-3 (compression: ${compression}) needs more than the 1048576 bytes of option 'maxDecompressedBytes', each message counted with 128 beside its bytes and each header with 64; raise it, or seek to 6 to pass over the batch`,
  })
})

test('many tiny records are as much a bomb, and many tiny headers', async () => {
  const tiny = Array.from({ length: 20_000 }, () => '')
  const [batch] = split([await recordBatch({ offset: 0, values: tiny, compression: 'zstd' })])
  const [plain] = split([await recordBatch({ offset: 0, values: tiny })])
  const count = 20_000
  const record = rawRecord({ headers: Buffer.alloc(2 * count, '\0\x01'), headerCount: count })
  const [headers] = split([await rawBatch(record, { recordCount: 1, compression: 'gzip' })])
  const old = tiny.map((_, offset) => oldMessage({ offset }))
  const [message] = split([wrapped(old, { offset: 19_999 })])
  for (const each of [batch, plain, headers, message]) {
    await expect((async () => each.decode(0))()).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      topic: 't',
      nextOffset: each.nextOffset,
    })
  }
})
