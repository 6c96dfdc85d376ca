import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../../protocol/errors.ts'
import {
  checkCrc,
  checkInnerCrcs,
  compression,
  RecordBatchBuilder,
  readBatches,
  recordData,
  visitRecords,
} from '../../../../protocol/records/index.ts'
import fixtures from './foreign/old-message-sets.json' with { type: 'json' }
import { oldMessage, withChecksum, wrapped } from './old-messages.ts'

type Row = [offset: number, timestamp: number, key: string | null, value: string | null]

/** Written and read by Kafka 2.8.2; `foreign/OldMessageSets.java` says how. */
const sets = fixtures.map((set) => ({ ...set, bytes: Buffer.from(set.bytes, 'base64'), read: set.read as Row[] }))
type MessageSet = (typeof sets)[number]

function setOf(magic: number, codec: string): MessageSet {
  return sets.find((set) => set.magic === magic && set.compression === codec)!
}

async function read(bytes: Buffer): Promise<Row[]> {
  const rows: Row[] = []
  for (const batch of readBatches(bytes)) {
    checkCrc(batch)
    const data = await recordData(batch, 1 << 20)
    checkInnerCrcs(batch, data)
    const text = (start: number, length: number): string | null =>
      length < 0 ? null : data.toString('utf8', start, start + length)
    visitRecords(
      batch,
      data,
      (offset, timestamp, keyStart, keyLength, valueStart, valueLength, _headers, headerCount) => {
        expect(headerCount).toBe(0)
        rows.push([offset, timestamp, text(keyStart, keyLength), text(valueStart, valueLength)])
      },
    )
  }
  return rows
}

describe('what Java wrote', () => {
  test.each(sets)('format $magic, $compression, $timestampType: is read as by Java', async (set) => {
    expect(await read(set.bytes)).toEqual(set.read)
    for (const batch of readBatches(set.bytes)) {
      expect(batch).toMatchObject({
        magic: set.magic,
        compression: set.compression,
        timestampType: set.timestampType,
        recordCount: set.compression === 'none' ? 1 : -1,
        producerId: -1,
        producerEpoch: -1,
        baseSequence: -1,
        partitionLeaderEpoch: -1,
        isTransactional: false,
        isControl: false,
      })
    }
    const last = set.read.at(-1)!
    expect([...readBatches(set.bytes)].at(-1)).toMatchObject({ lastOffset: last[0], nextOffset: last[0] + 1 })
  })

  test('old segments before new ones, and the cut end of an answer', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(5, 'k', 'new', null)
    const batch = builder.seal({ compression: 'none' }) as Buffer
    batch.writeBigInt64BE(900n, 0)
    const old = [setOf(0, 'gzip'), setOf(1, 'lz4'), setOf(0, 'none')]
    const all = [...old.map(({ bytes }) => bytes), batch]
    const rows: Row[] = [...old.flatMap(({ read: each }) => each), [900, 5, 'k', 'new']]
    expect(await read(Buffer.concat(all))).toEqual(rows)
    for (const end of [1, 11, 12, 16, 17, 20, batch.length - 1]) {
      expect(await read(Buffer.concat([...all.slice(0, -1), batch.subarray(0, end)]))).toEqual(rows.slice(0, -1))
    }
    const { bytes } = setOf(1, 'snappy')
    for (let end = 0; end < bytes.length; end++) expect(await read(bytes.subarray(0, end))).toEqual([])
  })

  test('every flipped bit is found', async () => {
    for (const { bytes } of [setOf(0, 'lz4'), setOf(1, 'gzip')]) {
      for (let at = 12; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] ^= 1 << (at & 7)
        await expect(read(flipped)).rejects.toBeInstanceOf(DecodeError)
      }
    }
  })

  test('format 0 has the wrong checksum in its lz4 headers; the right one is as good, format 1 knows only that', async () => {
    const { bytes, read: rows } = setOf(0, 'lz4')
    const at = bytes.indexOf(Buffer.from([0x04, 0x22, 0x4d, 0x18]))
    const wrong = bytes[at + 6]
    const right = Buffer.from(bytes)
    right[at + 6] = (compression.lz4.compress(Buffer.from('x')) as Buffer)[6]
    expect(right[at + 6]).not.toBe(wrong)
    expect(await read(withChecksum(right))).toEqual(rows)
    const neither = Buffer.from(bytes)
    neither[at + 6] ^= 1
    await expect(read(withChecksum(neither))).rejects.toThrow('header checksum')
    const newer = Buffer.from(setOf(1, 'lz4').bytes)
    newer[newer.indexOf(Buffer.from([0x04, 0x22, 0x4d, 0x18])) + 6] = wrong
    await expect(read(withChecksum(newer))).rejects.toThrow('header checksum')
  })
})

const value = Buffer.from('v')

describe('compressed messages', () => {
  const inside = (...offsets: number[]): Buffer[] =>
    offsets.map((offset) => oldMessage({ offset, timestamp: offset, value }))
  const offsets = async (bytes: Buffer): Promise<number[]> => (await read(bytes)).map(([offset]) => offset)

  test('offsets count up to the one outside, with gaps or without', async () => {
    expect(await offsets(wrapped(inside(0, 1, 2), { offset: 42 }))).toEqual([40, 41, 42])
    expect(await offsets(wrapped(inside(1, 5), { offset: 42 }))).toEqual([38, 42])
    expect(await offsets(wrapped(inside(7, 9), { offset: 9 }))).toEqual([7, 9])
    // Not from a log, but from a producer that leaves the offset outside to the broker.
    expect(await offsets(wrapped(inside(0, 1, 2), { offset: 0 }))).toEqual([0, 1, 2])
  })

  test('repeated ones are as they are', async () => {
    expect(await offsets(wrapped(inside(1, 0, 1, 1), { offset: 42 }))).toEqual([42, 41, 42, 42])
  })

  test('those of format 0 are final', async () => {
    const old = [3, 7].map((offset) => oldMessage({ magic: 0, offset, value }))
    expect(await offsets(wrapped(old, { magic: 0, offset: 7 }))).toEqual([3, 7])
  })

  test("the broker's time outside is that of all inside", async () => {
    const set = wrapped(inside(0, 1), { offset: 8, timestamp: 5000, attributes: 0x09 })
    expect(await read(set)).toEqual([
      [7, 5000, null, 'v'],
      [8, 5000, null, 'v'],
    ])
  })

  test.each<[string, Buffer]>([
    ['inside a compressed one', wrapped([wrapped(inside(0), { offset: 0 })], { offset: 5 })],
    ['nothing in it', wrapped([], { offset: 5 })],
    ['no value', oldMessage({ offset: 5, attributes: 1 })],
    ['too large', wrapped(inside(0, 9), { offset: 5 })],
    ['too large', wrapped([oldMessage({ magic: 0, offset: 9, value })], { magic: 0, offset: 5 })],
    ["not one of the batch's", wrapped(inside(2, 1), { offset: 5 })],
    ["not one of the batch's", wrapped(inside(-1, 1), { offset: 5 })],
    ['a size of 23 bytes', wrapped([inside(0)[0].subarray(0, -1)], { offset: 5 })],
    ['ends in the middle', wrapped([...inside(0), Buffer.alloc(10)], { offset: 5 })],
    ['has format 2', wrapped([Buffer.from(inside(0)[0]).fill(2, 16, 17)], { offset: 5 })],
    ['its checksum is another', wrapped([Buffer.from(inside(0)[0]).fill(9, 12, 13)], { offset: 5 })],
    ['unknown compression 4', oldMessage({ offset: 5, attributes: 4, value })],
    ['unknown compression 7', oldMessage({ magic: 0, offset: 5, attributes: 7, value })],
    ['an offset cannot be -1', oldMessage({ offset: -1 })],
  ])('refused: %s', async (message, bytes) => {
    await expect(read(bytes)).rejects.toThrow(message)
    await expect(read(bytes)).rejects.toBeInstanceOf(DecodeError)
  })
})

test.each<[string, number, number]>([
  ['a length of 13', 8, 13],
  ['a length of -1', 8, -1],
  ['a key of -2 bytes', 26, -2],
  ['a key of 2147483647 bytes', 26, 2 ** 31 - 1],
  ['a value of -2 bytes', 30, -2],
  ['a value of 0 bytes', 30, 0],
  ['a value of 2147483647 bytes', 30, 2 ** 31 - 1],
])('refused: %s', async (message, at, number) => {
  const bytes = oldMessage({ offset: 3, value })
  bytes.writeInt32BE(number, at)
  await expect(read(withChecksum(bytes))).rejects.toThrow(message)
})
