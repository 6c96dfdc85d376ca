import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../../protocol/errors.ts'
import {
  compression,
  crc32c,
  RecordBatchBuilder,
  readBatches,
  readControlRecords,
  readHeaders,
  recordData,
  stampProducer,
  transactionMarker,
  visitRecords,
} from '../../../../protocol/records/index.ts'
import { seededRandom } from '../../seeded-random.ts'
import { bomb } from './bombs.ts'
import { oldMessage, withChecksum } from './old-messages.ts'
import { type ReferenceRecord, referenceMessages, referenceRecords } from './reference-decoder.ts'

// Checksums are made right again after each damage: whoever means harm does so, too. The structure must hold.

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const LIMIT = 64 * 1024

type Row = [offset: number, timestamp: number, key: string | null, value: string | null, headers: string]

/** All records of `bytes`, or the error that refused them, which must be one of ours and say where. */
async function read(bytes: Buffer): Promise<Row[] | DecodeError> {
  const rows: Row[] = []
  try {
    for (const batch of readBatches(bytes)) {
      const data = await recordData(batch, LIMIT)
      expect(data.length).toBeLessThanOrEqual(Math.max(LIMIT, bytes.length))
      const hex = (start: number, length: number): string | null => {
        return length < 0 ? null : data.toString('hex', start, start + length)
      }
      visitRecords(batch, data, (offset, timestamp, keyStart, keyLength, valueStart, valueLength, headers, count) => {
        const list = readHeaders(data, headers, count).map(([name, value]) => [name, value?.toString('hex') ?? null])
        rows.push([offset, timestamp, hex(keyStart, keyLength), hex(valueStart, valueLength), JSON.stringify(list)])
      })
      if (batch.isControl && batch.magic === 2) readControlRecords(batch)
    }
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    const { position, offset } = error as DecodeError
    expect([typeof position, typeof offset]).toEqual(['number', 'number'])
    expect(position).toBeGreaterThanOrEqual(0)
    return error as DecodeError
  }
  return rows
}

function rowsOf(records: ReferenceRecord[]): Row[] {
  return records.map(({ offset, timestamp, key, value, headers }) => {
    const list = headers.map(([name, header]) => [name, header?.toString('hex') ?? null])
    return [Number(offset), Number(timestamp), hexOf(key), hexOf(value), JSON.stringify(list)]
  })
}

function hexOf(bytes: Buffer | null): string | null {
  return bytes?.toString('hex') ?? null
}

/** Beyond 2^53 a sum of nearest numbers need not be the nearest one. */
function comparable(rows: Row[]): Row[] {
  const bounded = (value: number): number => (Math.abs(value) > 2 ** 53 ? Number.POSITIVE_INFINITY : value)
  return rows.map(([offset, timestamp, ...rest]) => [bounded(offset), bounded(timestamp), ...rest])
}

/** Reads, and compares with what the slow reader makes of it. */
async function agree(bytes: Buffer, expected: ReferenceRecord[] | null): Promise<void> {
  const rows = await read(bytes)
  if (expected === null) expect(rows, bytes.toString('hex')).toBeInstanceOf(DecodeError)
  else if (rows instanceof DecodeError) throw new Error(`refused: ${rows.message}; ${bytes.toString('hex')}`)
  else expect(comparable(rows)).toEqual(comparable(rowsOf(expected)))
}

/** Length and checksum as the bytes of the batch make them. */
function repaired(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

function smallBatch(codec: (typeof CODECS)[number] | 'none' = 'none'): Buffer {
  const builder = new RecordBatchBuilder()
  builder.append(1_700_000_000_000, 'k', 'value', [
    ['h', 'x'],
    ['h', null],
  ])
  builder.append(1_700_000_000_300, null, null, null)
  builder.append(1_699_000_000_000, '', 'värde', [['', '']])
  if (codec !== 'none') for (let i = 0; i < 20; i++) builder.append(1_700_000_000_000, 'key', 'repeated value', null)
  const batch = Buffer.from(builder.seal({ compression: codec }) as Buffer)
  expect([...readBatches(batch)][0].compression).toBe(codec)
  return batch
}

/** Damages bytes in one of the ways that hurt readers. */
function damage(bytes: Buffer, from: number, random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit)
  const at = from + below(Math.max(1, bytes.length - from))
  const copy = Buffer.from(bytes)
  const integers = [-1, -2, 0, 1, 127, 255, 65_535, 2 ** 31 - 1, -(2 ** 31), bytes.length, bytes.length - 12]
  switch (below(7)) {
    case 0:
      copy[at] ^= 1 << below(8)
      return copy
    case 1:
      copy[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)]
      return copy
    case 2:
      if (at + 4 <= copy.length) copy.writeInt32BE(integers[below(integers.length)], at)
      return copy
    case 3:
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.alloc(1 + below(11), below(2) === 0 ? 0xff : 0x80),
        copy.subarray(at),
      ])
    case 4:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + below(8)))])
    case 5:
      return Buffer.concat([copy, Buffer.from(Array.from({ length: 1 + below(9) }, () => below(256)))])
    default:
      return copy.subarray(0, Math.max(from, at))
  }
}

describe('record batches', () => {
  test('cut at each byte, with a length that says so', async () => {
    const batch = smallBatch()
    for (let end = 61; end < batch.length; end++) {
      expect(await read(repaired(Buffer.from(batch.subarray(0, end))))).toBeInstanceOf(DecodeError)
    }
    for (let end = 0; end < batch.length; end++) expect(await read(batch.subarray(0, end))).toEqual([])
    for (let length = -3; length < 49; length++) {
      const wrong = Buffer.from(batch)
      wrong.writeInt32BE(length, 8)
      expect(await read(wrong)).toBeInstanceOf(DecodeError)
    }
  })

  test('each bit flipped', async () => {
    const batch = smallBatch()
    for (let at = 21; at < batch.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(batch)
        flipped[at] ^= 1 << bit
        // What says that it is compressed, or a control batch, is read in other ways.
        if (at === 22 && bit !== 3 && bit !== 4 && bit < 6)
          expect(await read(repaired(flipped))).toBeInstanceOf(DecodeError)
        else await agree(repaired(flipped), referenceRecords(flipped))
      }
    }
  })

  test('many kinds of damage at once', async () => {
    const random = seededRandom(20_251)
    const whole = smallBatch()
    let refused = 0
    for (let i = 0; i < 15_000; i++) {
      let batch = damage(whole, 61, random)
      if (random() < 0.3) batch = damage(batch, 61, random)
      if (random() < 0.1) batch.writeInt32BE(Math.floor(random() * 8) - 1, 57)
      if (random() < 0.1) batch.writeInt32BE([-1, 0, 2, 3, 2 ** 31 - 1][Math.floor(random() * 5)], 23)
      const expected = referenceRecords(repaired(batch))
      if (expected === null) refused++
      await agree(batch, expected)
    }
    // Both ways must occur, or nothing is said.
    expect(refused).toBeGreaterThan(5000)
    expect(refused).toBeLessThan(14_500)
  })

  test.each<[string, string]>([
    // Length, attributes, timestamp delta, offset delta, key length, value length, header count.
    ['a varint whose fifth byte has bits beyond 32', '12 00 00 00 01 81 80 80 80 10 00'],
    ['a varint of six bytes', '14 00 00 00 01 81 80 80 80 80 00 00'],
    ['a length of five bytes with bits beyond 32', '8c 80 80 80 10 00 00 00 01 01 00'],
    ['a varlong whose tenth byte has bits beyond 64', '1e 00 80 80 80 80 80 80 80 80 80 02 00 01 01 00'],
    ['a varlong of eleven bytes', '20 00 80 80 80 80 80 80 80 80 80 80 00 00 01 01 00'],
    ['a key of −2 bytes', '0c 00 00 00 03 01 00'],
    ['a value of −2 bytes', '0c 00 00 00 01 03 00'],
    ['−1 headers', '0c 00 00 00 01 01 01'],
    ['2^31 − 1 headers', '14 00 00 00 01 01 fe ff ff ff 0f'],
    ['2^31 − 1 bytes of key', '14 00 00 00 fe ff ff ff 0f 01 00'],
    ['2^31 − 1 bytes of value', '14 00 00 00 01 fe ff ff ff 0f 00'],
    ['a header without a name', '10 00 00 00 01 01 02 01 01'],
    ['a header that ends in the next record', '10 00 00 00 01 01 02 02 61'],
    ['a record that is longer than its parts', '0e 00 00 00 01 01 00 00'],
    ['a record that is shorter than its parts', '0a 00 00 00 01 01 00'],
    ['an empty record', '00'],
    ['a length of −1', '01'],
    ['a negative offset delta', '0c 00 00 01 01 01 00'],
    ['an offset delta beyond the last', '0c 00 00 02 01 01 00'],
    ['bytes behind it', '0c 00 00 00 01 01 00 00'],
  ])('refused: %s', async (_what, record) => {
    const header = smallBatch().subarray(0, 61)
    const batch = repaired(Buffer.concat([header, Buffer.from(record.replaceAll(' ', ''), 'hex')]))
    batch.writeInt32BE(0, 23)
    batch.writeInt32BE(1, 57)
    expect(referenceRecords(batch)).toBeNull()
    expect(await read(batch)).toBeInstanceOf(DecodeError)
  })

  test.each<[string, string, number]>([
    ['a varint in more bytes than it needs', '14 00 00 00 81 80 80 80 00 01 00', 0],
    ['the largest timestamp', '1e 00 fe ff ff ff ff ff ff ff ff 01 00 01 01 00', 2 ** 63],
    ['the smallest timestamp', '1e 00 ff ff ff ff ff ff ff ff ff 01 00 01 01 00', -(2 ** 63)],
  ])('read: %s', async (_what, record, timestamp) => {
    const header = Buffer.from(smallBatch().subarray(0, 61))
    header.fill(0, 27, 43)
    const batch = repaired(Buffer.concat([header, Buffer.from(record.replaceAll(' ', ''), 'hex')]))
    batch.writeInt32BE(0, 23)
    batch.writeInt32BE(1, 57)
    expect(await read(batch)).toEqual([[0, timestamp, null, null, '[]']])
  })

  test('a count that is only claimed', async () => {
    for (const codec of ['none', ...CODECS] as const) {
      const batch = smallBatch(codec)
      batch.writeInt32BE(2 ** 31 - 2, 23)
      batch.writeInt32BE(2 ** 31 - 1, 57)
      expect(await read(repaired(batch))).toBeInstanceOf(DecodeError)
    }
  })

  test.each(CODECS)('%s: damage to what is compressed', async (codec) => {
    const random = seededRandom(codec.length * 7 + codec.charCodeAt(0))
    const whole = smallBatch(codec)
    const rows = await read(whole)
    expect(rows).toHaveLength(23)
    const plain = await recordData([...readBatches(whole)][0], LIMIT)
    for (let i = 0; i < 3000; i++) await read(repaired(damage(whole, 61, random)))
    // Damage before the compression passes every checksum of the codec.
    for (let i = 0; i < 1500; i++) {
      const records = damage(plain, 0, random)
      const header = whole.subarray(0, 61)
      const compressed = await compression[codec].compress(records)
      const reference = repaired(Buffer.concat([header, records]))
      await agree(repaired(Buffer.concat([header, compressed])), referenceRecords(reference))
    }
  })

  test.each(CODECS)('%s: a bomb inside', async (codec) => {
    const batch = repaired(Buffer.concat([smallBatch(codec).subarray(0, 61), bomb(codec)]))
    expect(await read(batch)).toMatchObject({ code: 'MESSAGE_TOO_LARGE', offset: 0 })
    if (codec === 'zstd') return
    for (const magic of [0, 1] as const) {
      const message = oldMessage({ magic, offset: 7, attributes: CODECS.indexOf(codec) + 1, value: bomb(codec) })
      expect(await read(message)).toMatchObject({ code: 'MESSAGE_TOO_LARGE', offset: 7 })
    }
  })

  test('control batches', async () => {
    const random = seededRandom(99)
    const marker = transactionMarker({
      type: 'COMMIT',
      producerId: 1,
      producerEpoch: 2,
      coordinatorEpoch: 3,
      timestamp: 4,
    })
    expect(await read(marker)).toHaveLength(1)
    for (let end = 61; end < marker.length; end++) {
      expect(await read(repaired(Buffer.from(marker.subarray(0, end))))).toBeInstanceOf(DecodeError)
    }
    for (let i = 0; i < 3000; i++) await read(repaired(damage(marker, 61, random)))
    stampProducer(marker, 1, 2, 3)
    expect(await read(marker)).toHaveLength(1)
  })
})

describe('messages of formats 0 and 1', () => {
  const inside = (magic: 0 | 1): Buffer[] => [
    oldMessage({ magic, offset: 1, timestamp: 5, key: Buffer.from('k'), value: Buffer.from('value') }),
    oldMessage({ magic, offset: 2, timestamp: 6 }),
    oldMessage({ magic, offset: 4, timestamp: 1_700_000_000_000, key: Buffer.alloc(0), value: Buffer.from('värde') }),
  ]

  test.each([0, 1] as const)('format %i, alone: cut, flipped and damaged', async (magic) => {
    const [message] = inside(magic)
    const fixed = (bytes: Buffer): Buffer => {
      bytes.writeInt32BE(bytes.length - 12, 8)
      return withChecksum(bytes)
    }
    for (let end = 17; end < message.length; end++) {
      expect(await read(fixed(Buffer.from(message.subarray(0, end))))).toBeInstanceOf(DecodeError)
    }
    for (let at = 18; at < message.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(message)
        flipped[at] ^= 1 << bit
        await agree(fixed(flipped), referenceMessages(flipped, null))
      }
    }
    const random = seededRandom(magic + 5)
    for (let i = 0; i < 4000; i++) {
      const damaged = fixed(damage(message, 18, random))
      await agree(damaged, referenceMessages(damaged, null))
    }
  })

  test.each([0, 1] as const)('format %i, compressed: damaged inside and outside', async (magic) => {
    const random = seededRandom(magic + 50)
    const set = Buffer.concat(inside(magic))
    let refused = 0
    for (let i = 0; i < 4000; i++) {
      const damaged = damage(set, 0, random)
      const offset = [0, 3, 4, 900][Math.floor(random() * 4)]
      const appendTime = magic === 1 && random() < 0.3
      const wrapper = { magic, offset: BigInt(offset), appendTime: appendTime ? 77n : null }
      const expected = referenceMessages(damaged, wrapper)
      if (expected === null) refused++
      const attributes = appendTime ? 0x09 : 0x01
      await agree(oldMessage({ magic, offset, timestamp: 77, attributes, value: gzipSync(damaged) }), expected)
    }
    expect(refused).toBeGreaterThan(500)
    expect(refused).toBeLessThan(3900)
    const whole = oldMessage({ magic, offset: 9, attributes: 1, value: gzipSync(set) })
    for (let i = 0; i < 3000; i++) await read(damage(whole, 0, random))
  })
})

test.each(CODECS)('%s: bytes that are nothing', async (codec) => {
  const random = seededRandom(codec.charCodeAt(1))
  const heads = { gzip: '1f8b0800', snappy: '82534e4150505900', lz4: '04224d18', zstd: '28b52ffd' }
  for (let i = 0; i < 3000; i++) {
    const noise = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)))
    const data = random() < 0.5 ? noise : Buffer.concat([Buffer.from(heads[codec], 'hex'), noise])
    const result = await (async () => compression[codec].decompress(data, LIMIT))().catch((error: unknown) => error)
    if (Buffer.isBuffer(result)) expect(result.length).toBeLessThanOrEqual(LIMIT)
    else expect(result).toBeInstanceOf(DecodeError)
  }
})
