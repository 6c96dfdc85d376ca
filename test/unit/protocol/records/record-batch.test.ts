import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../../protocol/errors.ts'
import {
  type CompressionType,
  checkCrc,
  compressionTypes,
  type HeaderList,
  RecordBatchBuilder,
  readBatches,
  readHeaders,
  recordData,
  recordSize,
  stampProducer,
  visitRecords,
} from '../../../../protocol/records/index.ts'
import { seededRandom } from '../../seeded-random.ts'

interface Sample {
  timestamp: number
  key: string | null
  value: Buffer | null
  headers: HeaderList
}

function samples(seed: number, count: number): Sample[] {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const text = (): string => Array.from({ length: below(20) }, () => ['a', 'é', '€', '😀', ' '][below(5)]).join('')
  return Array.from({ length: count }, () => ({
    timestamp: 1_700_000_000_000 + below(2_000_000) - 1_000_000,
    key: below(4) === 0 ? null : text(),
    value: below(6) === 0 ? null : Buffer.from(text().repeat(below(30))),
    headers: Array.from(
      { length: below(3) },
      () => [`h${below(2)}`, below(3) === 0 ? null : Buffer.from(text())] as const,
    ),
  }))
}

async function batchOf(records: Sample[], compression: CompressionType = 'none'): Promise<Buffer> {
  const builder = new RecordBatchBuilder()
  for (const { timestamp, key, value, headers } of records) builder.append(timestamp, key, value, headers)
  return builder.seal({ compression })
}

async function read(bytes: Buffer): Promise<Array<Sample & { offset: number }>> {
  const result: Array<Sample & { offset: number }> = []
  for (const batch of readBatches(bytes)) {
    checkCrc(batch)
    const data = await recordData(batch, 1 << 26)
    visitRecords(
      batch,
      data,
      (offset, timestamp, keyStart, keyLength, valueStart, valueLength, headersStart, count) => {
        result.push({
          offset,
          timestamp,
          key: keyLength < 0 ? null : data.toString('utf8', keyStart, keyStart + keyLength),
          value: valueLength < 0 ? null : Buffer.from(data.subarray(valueStart, valueStart + valueLength)),
          headers: readHeaders(data, headersStart, count).map(([name, value]) => [name, value && Buffer.from(value)]),
        })
      },
    )
  }
  return result
}

describe('record batches', () => {
  test.each(compressionTypes)('%s: what was written is read', async (compression) => {
    for (const [seed, count] of [
      [1, 1],
      [2, 10],
      [3, 1000],
    ]) {
      const records = samples(seed, count)
      const bytes = await batchOf(records, compression)
      expect(await read(bytes)).toEqual(records.map((record, offset) => ({ offset, ...record })))
    }
  })

  test('a compressed batch says so, and one that compression would enlarge stays as it is', async () => {
    const [small] = readBatches(
      await batchOf([{ timestamp: 0, key: null, value: Buffer.from('x'), headers: [] }], 'gzip'),
    )
    const [large] = readBatches(await batchOf(samples(1, 500), 'gzip'))
    expect([small.compression, large.compression]).toEqual(['none', 'gzip'])
  })

  test('several batches follow one another, and a cut one at the end is left out', async () => {
    const one = await batchOf(samples(1, 3))
    const two = await batchOf(samples(2, 5))
    const whole = Buffer.concat([one, two])
    expect([...readBatches(whole)].map(({ recordCount }) => recordCount)).toEqual([3, 5])
    for (let cut = one.length; cut < whole.length; cut++) {
      expect([...readBatches(whole.subarray(0, cut))].length).toBe(1)
    }
  })

  test('the producer stamp can be set and set again', async () => {
    const bytes = await batchOf(samples(1, 3))
    stampProducer(bytes, 4_000_000_000_000, 3, 2_147_483_647, true)
    let [batch] = readBatches(bytes)
    checkCrc(batch)
    expect(batch).toMatchObject({ producerId: 4_000_000_000_000, producerEpoch: 3, baseSequence: 2_147_483_647 })
    expect(batch.isTransactional).toBe(true)
    stampProducer(bytes, 5, 4, 0)
    ;[batch] = readBatches(bytes)
    checkCrc(batch)
    expect(batch).toMatchObject({ producerId: 5, producerEpoch: 4, baseSequence: 0, isTransactional: false })
  })

  test('timestamps far apart are kept', async () => {
    const records = [0, 1_700_000_000_000, 3_000_000_000, 8_640_000_000_000_000].map((timestamp) => {
      return { timestamp, key: null, value: null, headers: [] }
    })
    expect((await read(await batchOf(records))).map(({ timestamp }) => timestamp)).toEqual(
      records.map((r) => r.timestamp),
    )
  })

  test('recordSize is never less than what a record takes', async () => {
    for (const { timestamp, key, value, headers } of samples(7, 200)) {
      const builder = new RecordBatchBuilder()
      const empty = builder.size
      builder.append(timestamp, key, value, headers)
      expect(recordSize(key, value, headers)).toBeGreaterThanOrEqual(builder.size - empty)
    }
  })

  test('every flipped bit that the checksum covers is found', async () => {
    const bytes = await batchOf(samples(3, 2))
    for (let at = 17; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] ^= 1 << (at & 7)
      await expect(read(flipped)).rejects.toBeInstanceOf(DecodeError)
    }
  })

  test('no byte of the records can be wrong in silence even without the checksum', async () => {
    const bytes = await batchOf(samples(3, 20))
    for (let at = 61; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] ^= 0xff
      for (const batch of readBatches(flipped)) {
        try {
          let count = 0
          visitRecords(batch, flipped.subarray(61), () => count++)
          expect(count).toBe(20)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }
    }
  })

  test.each([
    [8, -1, 'a length of -1'],
    [8, 48, 'a length of 48'],
    [23, -1, 'before the first'],
    [57, -1, 'cannot hold -1 records'],
    [57, 2_000_000_000, 'cannot hold 2000000000 records'],
  ])('a field at byte %i of %i is refused', async (at, value, message) => {
    const bytes = await batchOf(samples(1, 3))
    bytes.writeInt32BE(value, at)
    expect(() => [...readBatches(bytes)]).toThrow(message)
  })

  test('unknown message formats are named', async () => {
    const bytes = await batchOf(samples(1, 3))
    bytes[16] = 3
    expect(() => [...readBatches(bytes)]).toThrow('unknown message format 3')
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s: more than the limit is refused', async (compression) => {
    const bomb = await batchOf([{ timestamp: 0, key: null, value: Buffer.alloc(4_000_000), headers: [] }], compression)
    const [batch] = readBatches(bomb)
    await expect((async () => recordData(batch, 1_000_000))()).rejects.toThrow('more than the 1000000 bytes')
    expect((await recordData(batch, 5_000_000)).length).toBeGreaterThan(4_000_000)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s: cut and flipped bytes never crash',
    async (compression) => {
      const bytes = await batchOf(samples(4, 60), compression)
      const [whole] = readBatches(bytes)
      expect(whole.compression).toBe(compression)
      for (let at = 61; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] ^= 0x55
        const cut = Buffer.from(bytes.subarray(0, at))
        cut.writeInt32BE(cut.length - 12, 8)
        for (const damaged of [flipped, cut]) {
          try {
            for (const batch of readBatches(damaged)) {
              visitRecords(batch, await recordData(batch, 1 << 20), () => {})
            }
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }
      }
    },
  )
})

test('a timestamp that is far from the first one of its batch is read exactly', async () => {
  const builder = new RecordBatchBuilder()
  builder.append(0, null, null, null)
  builder.append(Number.MAX_SAFE_INTEGER, null, null, null)
  const bytes = await builder.seal({ compression: 'none' })
  // The batch's base timestamp: one that no number can hold.
  bytes.writeBigInt64BE(-(2n ** 53n) - 1n, 27)
  const timestamps: number[] = []
  for (const batch of readBatches(bytes)) {
    visitRecords(batch, bytes.subarray(61), (_offset, timestamp) => timestamps.push(timestamp))
  }
  expect(timestamps).toEqual([-(2 ** 53), -2])
})
