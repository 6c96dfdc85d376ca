import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CompressionType,
  compressionTypes,
  controlRecordTypes,
  placeBatch,
  RecordBatchBuilder,
  stampProducer,
  transactionMarker,
} from '../../protocol/records/index.ts'
import { seededRandom } from '../unit/seeded-random.ts'
import { byteDifference, valueDifference } from './differences.ts'
import { javaReading, ourReading, type ReadBatch } from './read-batches.ts'
import { hasReferee, Referee } from './referee.ts'
import { BatchSampler, type SampleBatch, type SampleMarker } from './sample-batches.ts'

/** Another one brings other batches. */
const SEED = Number(process.env.REFEREE_SEED ?? 1)
const LOGS = 60
const BATCHES_PER_LOG = 5

describe.skipIf(!hasReferee)("record batches, with Kafka's own classes", () => {
  let referee: Referee
  let comparisons = 0

  beforeAll(() => {
    referee = new Referee()
  })
  afterAll(async () => {
    await referee.close()
    console.log(`Java agrees in ${comparisons.toLocaleString('en')} comparisons of record batches`)
  })

  describe.each(compressionTypes)('with compression %s', (compression) => {
    test('Java reads what we write for a producer', async () => {
      await forEachLog(`ours ${compression}`, LOGS, async (sampler, where) => {
        const batches = Array.from({ length: BATCHES_PER_LOG }, () => sampler.produced(compression))
        await expectJavaReads(batches, where)
      })
    })

    test('we read what Java writes', async () => {
      await forEachLog(`java ${compression}`, LOGS, async (sampler, where) => {
        await expectSameReading(
          Array.from({ length: BATCHES_PER_LOG }, () => sampler.kept(compression)),
          where,
        )
      })
    })

    test('we read what compaction leaves: batches without their first record, or without any', async () => {
      await forEachLog(`compacted ${compression}`, LOGS / 3, async (sampler, where) => {
        const batches = [
          ...sampler.compacted(compression),
          sampler.kept(compression),
          ...sampler.compacted(compression),
        ]
        const [beheaded, emptied] = await expectSameReading(batches, where)
        expect(beheaded.records[0].offset).toBeGreaterThan(beheaded.baseOffset!)
        expect(emptied).toMatchObject({ recordCount: 0, records: [], lastOffset: batches[1].records.at(-1)!.offset })
      })
    })

    test('large ones, in both directions', async () => {
      await forEachLog(`large ${compression}`, 2, async (sampler, where) => {
        await expectJavaReads([sampler.produced(compression, true), sampler.produced(compression)], where)
        await expectSameReading([sampler.kept(compression, 2, true), sampler.kept(compression)], where)
      })
    })
  })

  test('what is not compressed is the same to the byte', async () => {
    await forEachLog('bytes', LOGS, async (sampler, where) => {
      const batches = Array.from({ length: BATCHES_PER_LOG }, () => sampler.produced('none'))
      const ours = Buffer.concat(await Promise.all(batches.map(written)))
      agree(`${where}, our bytes and Java's`, byteDifference(ours, await javaBytes(batches)))
    })
  })

  test('transaction markers are the same to the byte', async () => {
    await forEachLog('markers', LOGS, async (sampler, where) => {
      const markers = (['COMMIT', 'ABORT'] as const).map((type) => ({ type, sample: sampler.marker(type) }))
      const ours = markers.map(({ type, sample: { baseOffset, ...rest } }) =>
        transactionMarker({ ...rest, type, offset: baseOffset }),
      )
      const java = await javaBytes(markers.map(({ sample }) => sample))
      agree(`${where}, our bytes and Java's`, byteDifference(Buffer.concat(ours), java))
    })
  })

  test('we read markers that compaction left empty', async () => {
    await forEachLog('emptied markers', LOGS / 3, async (sampler, where) => {
      const batches = ['COMMIT', 'ABORT'].map((type) => ({ ...sampler.marker(type), keep: [] }))
      const [first] = await expectSameReading([...batches, sampler.kept('none')], where)
      expect(first).toMatchObject({ isControl: true, recordCount: 0, records: [] })
    })
  })

  test('we read every kind of control record, among records of transactions', async () => {
    await forEachLog('control', LOGS / 3, async (sampler, where) => {
      const batches = controlRecordTypes.flatMap((type) => [sampler.kept('none'), sampler.marker(type)])
      await expectSameReading(batches, where)
    })
  })

  // zstd is younger than these formats.
  describe.each([0, 1])('message format %i', (magic) => {
    test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
      'we read what Java writes with compression %s',
      async (type) => {
        await forEachLog(`magic ${magic} ${type}`, LOGS, async (sampler, where) => {
          await expectSameReading(
            Array.from({ length: BATCHES_PER_LOG }, () => sampler.kept(type, magic)),
            where,
          )
        })
      },
    )
  })

  test('we read all formats and compressions in one log', async () => {
    await forEachLog('all', LOGS, async (sampler, where) => {
      const old = [0, 1].flatMap((magic) => compressionTypes.slice(0, 4).map((type) => sampler.kept(type, magic)))
      await expectSameReading([...old, ...compressionTypes.map((type) => sampler.kept(type))], where)
    })
  })

  /** One log at a time, each with its own seed. */
  async function forEachLog(
    name: string,
    count: number,
    compare: (sampler: BatchSampler, where: string) => Promise<void>,
  ): Promise<void> {
    for (let i = 0; i < count; i++) {
      const random = seededRandom(
        SEED * 1_000_003 + [...`${name} ${i}`].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7),
      )
      await compare(new BatchSampler(random), `${name}, log ${i} of seed ${SEED}`)
    }
  }

  async function expectJavaReads(batches: SampleBatch[], where: string): Promise<void> {
    const parts = await Promise.all(batches.map(written))
    const question = { op: 'readBatches', bytes: Buffer.concat(parts).toString('base64') }
    const answer = await referee.ask<{ batches: ReadBatch[] }>(JSON.stringify(question))
    const expected = batches.map((batch, i) => readingOf(batch, answer.batches[i], parts[i].length))
    agree(`${where}, Java's decode of our bytes`, valueDifference(answer.batches, expected), batches.length)
  }

  /** Java's reading of its own bytes is the measure: it also says what a broker makes of them. */
  async function expectSameReading(batches: (SampleBatch | SampleMarker)[], where: string): Promise<ReadBatch[]> {
    const bytes = await javaBytes(batches)
    const question = { op: 'readBatches', bytes: bytes.toString('base64') }
    const answer = await referee.ask<{ batches: ReadBatch[] }>(JSON.stringify(question))
    const expected = javaReading(answer.batches)
    expect(expected.length, where).toBeGreaterThanOrEqual(batches.length)
    agree(`${where}, our decode of Java's bytes`, valueDifference(await ourReading(bytes), expected), expected.length)
    return expected
  }

  async function javaBytes(batches: (SampleBatch | SampleMarker)[]): Promise<Buffer> {
    // The referee takes a long also as text.
    const exact = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    const answer = await referee.ask<{ bytes: string }>(JSON.stringify({ op: 'writeBatches', batches }, exact))
    return Buffer.from(answer.bytes, 'base64')
  }

  function agree(where: string, difference: string | undefined, count = 1): void {
    comparisons += count
    if (difference !== undefined) throw new Error(`Java disagrees: ${where}: ${difference}`)
  }
})

async function written(batch: SampleBatch): Promise<Buffer> {
  const builder = new RecordBatchBuilder()
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'))
  for (const { timestamp, key, value, headers } of batch.records) {
    const list = headers.map(([name, content]) => [name, bytes(content)] as const)
    builder.append(timestamp as number, bytes(key), bytes(value), list)
  }
  const sealed = await builder.seal({ compression: batch.compression, stampedLater: true })
  const { producerId, producerEpoch, baseSequence, isTransactional } = batch
  placeBatch(sealed, batch.baseOffset, batch.partitionLeaderEpoch)
  stampProducer(sealed, producerId as number, producerEpoch, baseSequence, isTransactional)
  return sealed
}

/** What a produced batch must be read as. Its checksum is for the reader to verify. */
function readingOf(batch: SampleBatch, read: ReadBatch, size: number): ReadBatch {
  const { logAppendTime: _, records, ...header } = batch
  const lastOffset = batch.baseOffset + records.length - 1
  const compression = compressed(batch.compression, read.compression)
  return {
    ...(header as Omit<ReadBatch, 'records'>),
    ...{ compression, lastOffset, nextOffset: lastOffset + 1, size },
    ...{ isControl: false, recordCount: records.length, crc: read.crc },
    baseTimestamp: records[0].timestamp as number,
    maxTimestamp: Math.max(...records.map(({ timestamp }) => timestamp as number)),
    records: records as ReadBatch['records'],
  }
}

/** What grows by compression is left as it is. */
function compressed(wanted: CompressionType, found: string): string {
  return found === 'none' ? 'none' : wanted
}
