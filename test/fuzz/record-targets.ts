import { crc32 } from 'node:zlib'
import { DecodeError } from '../../protocol/errors.ts'
import {
  type CompressionType,
  checkCrc,
  checkInnerCrcs,
  compression as codecs,
  compressionTypes,
  crc32c,
  placeBatch,
  type RecordBatch,
  RecordBatchBuilder,
  readBatches,
  readControlRecords,
  readHeaders,
  readRecords,
  recordData,
  stampProducer,
  transactionMarker,
  visitRecords,
} from '../../protocol/records/index.ts'
import { splitRecords } from '../../src/consumer/fetched-batch.ts'
import type { Dice } from './dice.ts'
import type { Mark, Sample } from './marking-writer.ts'
import type { Target } from './target.ts'

const SAMPLES = 6
/** What a batch may make when it is decompressed: small, so that a bomb is one. */
const MAX_DATA_BYTES = 64 * 1024
/** Codecs work in buffers of their own, and gather what they make. */
const MAX_EXTERNAL_BYTES = 16 * 1024 * 1024

// Where Kafka's formats have what a mutation lies about, or what must be put right after one.
const BATCH_LENGTH = 8
const MAGIC = 16
const OLD_CRC = 12
const CRC = 17
const ATTRIBUTES = 21
const LAST_OFFSET_DELTA = 23
const RECORD_COUNT = 57
const RECORDS = 61

/** The `records` of a Fetch answer: batches in each compression, control batches, and the old message formats. */
export function recordTargets(): Target[] {
  return [
    ...compressionTypes.flatMap((type) => targetsOf('RecordBatch', type, 2, (dice) => batches(type, dice))),
    ...targetsOf('RecordBatch', 'control', 2, async (dice) => [markers(dice)]),
    ...[0, 1].flatMap((magic) =>
      compressionTypes
        .filter((type) => type !== 'zstd')
        .flatMap((type) => targetsOf('MessageSet', type, magic, (dice) => messageSets(magic, type, dice))),
    ),
  ]
}

/** One for each way to read such bytes. */
function targetsOf(
  api: string,
  kind: string,
  version: number,
  samples: (dice: Dice) => Promise<readonly Sample[]>,
): Target[] {
  return Object.entries({ steps: readInSteps, objects: readObjects, messages: readMessages }).map(([name, read]) => ({
    api,
    direction: `${kind}, ${name}`,
    version,
    maxExternalBytes: MAX_EXTERNAL_BYTES,
    samples,
    // With the checksum that was, half of the inputs would end there.
    finish: (bytes, dice) => (dice.chance(0.5) ? withChecksums(bytes) : bytes),
    judge: (bytes) => judge(bytes, read),
  }))
}

/** Goes on after what is refused, as far as it can; each refusal is told. */
type Reading = (bytes: Buffer, attempt: Attempt) => Promise<void>
type Attempt = (step: () => void | Promise<void>) => Promise<void>

async function judge(bytes: Buffer, read: Reading): Promise<boolean> {
  let accepted = true
  const attempt: Attempt = async (step) => {
    try {
      await step()
    } catch (error) {
      if (!(error instanceof DecodeError) || error.message === '') throw error
      // What consumers say of a batch that is too large is for users: they cannot look for a byte.
      const { code, offset, position, nextOffset } = error
      if (typeof offset !== 'number') throw new Error('A DecodeError lacks offset', { cause: error })
      if (typeof position === 'number' ? position < 0 : code !== 'MESSAGE_TOO_LARGE' || nextOffset === undefined) {
        throw new Error('A DecodeError lacks position', { cause: error })
      }
      accepted = false
    }
  }
  await attempt(() => read(bytes, attempt))
  return accepted
}

/** All that one can do with bytes step by step. */
async function readInSteps(bytes: Buffer, attempt: Attempt): Promise<void> {
  for (const batch of readBatches(bytes)) {
    // What one step refuses is given to the next all the same: a caller can leave the checks out.
    await attempt(() => checkCrc(batch))
    await attempt(() => readAll(batch))
    if (batch.isControl) await attempt(() => void readControlRecords(batch))
  }
}

async function readObjects(bytes: Buffer, attempt: Attempt): Promise<void> {
  for (const batch of readBatches(bytes)) {
    await attempt(async () => {
      const records = await readRecords(batch, MAX_DATA_BYTES)
      const headers = records.reduce((sum, record) => sum + record.headers.length, 0)
      requireBounded(records.length, headers)
    })
  }
}

/** As a consumer does: without checksums from the beginning, then with them from a place in between. */
async function readMessages(bytes: Buffer, attempt: Attempt): Promise<void> {
  for (const [start, checkCrcs] of [
    [0, false],
    [3, true],
  ] as const) {
    let position: number = start
    const reading = { checkCrcs, maxDecompressedBytes: MAX_DATA_BYTES }
    for (const batch of splitRecords({ topic: 't', partition: 0 }, bytes, start, null, reading)) {
      await attempt(async () => {
        const messages = await batch.decode(position)
        let headers = 0
        for (const message of messages) {
          if (message.offset < position || message.offset >= batch.nextOffset)
            throw new Error(`Offset ${message.offset} comes after ${position - 1} and before ${batch.nextOffset}`)
          position = message.offset + 1
          headers += message.headers.size
          message.copy().toJSON()
        }
        requireBounded(messages.length, headers)
      })
      position = Math.max(position, batch.nextOffset)
    }
  }
}

function requireBounded(records: number, headers: number): void {
  if (records * 128 + headers * 64 > MAX_DATA_BYTES) throw new Error(`${records} records and ${headers} headers`)
}

async function readAll(batch: RecordBatch): Promise<void> {
  const plain = recordData(batch, MAX_DATA_BYTES)
  const data = plain instanceof Promise ? await plain : plain
  if (data.length > Math.max(MAX_DATA_BYTES, batch.bytes.length))
    throw new Error(`${data.length} bytes of data were made`)
  // A compressed message that has no place yet says nothing of those inside.
  const isUnplaced = batch.magic < 2 && batch.lastOffset === 0
  let end = 0
  visitRecords(
    batch,
    data,
    (offset, _time, keyStart, keyLength, valueStart, valueLength, headersStart, headerCount) => {
      const keyEnd = keyStart + Math.max(0, keyLength)
      const valueEnd = valueStart + Math.max(0, valueLength)
      if (keyStart <= end || valueStart < keyEnd || valueEnd > data.length) throw new Error('A record lies outside')
      if (!(offset >= 0 && (offset <= batch.lastOffset || isUnplaced)) || !Number.isSafeInteger(offset))
        throw new Error(`Offset ${offset} is not one of the batch`)
      end = valueEnd
      if (headerCount === 0) return
      const headers = readHeaders(data, headersStart, headerCount)
      if (headers.length !== headerCount) throw new Error(`${headers.length} headers are not ${headerCount}`)
    },
  )
  if (batch.magic < 2) checkInnerCrcs(batch, data)
}

async function batches(type: CompressionType, dice: Dice): Promise<Sample[]> {
  const samples: Sample[] = []
  while (samples.length < SAMPLES) {
    const parts: Buffer[] = []
    for (let count = 1 + dice.below(3); count > 0; count--) {
      const batch = Buffer.from(await builderOf(1 + dice.below(12), dice).seal({ compression: type }))
      placeBatch(batch, parts.length * 100, 3)
      if (dice.chance(0.3)) stampProducer(batch, 7, 1, 0, dice.chance(0.5))
      parts.push(batch)
    }
    samples.push(concatenated(parts, batchMarks))
  }
  return samples
}

function builderOf(count: number, dice: Dice): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < count; i++) {
    const key = dice.chance(0.3) ? null : dice.bytes(dice.below(12))
    const value = dice.chance(0.2) ? null : Buffer.from('value '.repeat(dice.below(20)))
    const headers = Array.from({ length: dice.below(3) }, () => ['name', dice.chance(0.3) ? null : 'ü'] as const)
    builder.append(1_700_000_000_000 + dice.below(1000) - 500, key, value, headers)
  }
  return builder
}

function markers(dice: Dice): Sample {
  const marker = (type: 'COMMIT' | 'ABORT'): Buffer =>
    transactionMarker({ type, producerId: 7, producerEpoch: 1, coordinatorEpoch: dice.below(9), timestamp: 1e12 })
  return concatenated([marker('COMMIT'), marker('ABORT')], batchMarks)
}

/** Messages of format 0 or 1; the values of compressed ones are messages again. */
async function messageSets(magic: number, type: CompressionType, dice: Dice): Promise<Sample[]> {
  const samples: Sample[] = []
  while (samples.length < SAMPLES) {
    const plain = Array.from({ length: 1 + dice.below(5) }, (_, i) =>
      message(
        magic,
        0,
        i,
        dice.chance(0.3) ? null : dice.bytes(dice.below(9)),
        Buffer.from('v'.repeat(dice.below(40))),
      ),
    )
    if (type === 'none') {
      samples.push(concatenated(plain, messageMarks))
      continue
    }
    const value = await codecs[type].compress(Buffer.concat(plain))
    samples.push(
      concatenated([message(magic, compressionTypes.indexOf(type), plain.length - 1, null, value)], messageMarks),
    )
  }
  return samples
}

function message(magic: number, attributes: number, offset: number, key: Buffer | null, value: Buffer): Buffer {
  const time = Buffer.alloc(magic === 0 ? 0 : 8, 1)
  const body = Buffer.concat([Buffer.from([magic, attributes]), time, sized(key), sized(value)])
  const head = Buffer.alloc(MAGIC)
  head.writeInt32BE(offset, 4)
  head.writeInt32BE(body.length + 4, BATCH_LENGTH)
  head.writeUInt32BE(crc32(body), OLD_CRC)
  return Buffer.concat([head, body])
}

function sized(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes === null ? -1 : bytes.length)
  return bytes === null ? length : Buffer.concat([length, bytes])
}

function concatenated(parts: readonly Buffer[], marksOf: (part: Buffer) => Mark[]): Sample {
  let start = 0
  const marks: Mark[] = []
  for (const part of parts) {
    for (const { at, kind } of marksOf(part)) marks.push({ at: start + at, kind })
    start += part.length
  }
  return { bytes: Buffer.concat(parts), marks }
}

function batchMarks(batch: Buffer): Mark[] {
  const marks: Mark[] = [{ at: ATTRIBUTES, kind: 'int16' }]
  for (const at of [BATCH_LENGTH, LAST_OFFSET_DELTA, RECORD_COUNT]) marks.push({ at, kind: 'int32' })
  // The parts of the first records, or what a codec says first.
  for (let at = RECORDS; at < Math.min(batch.length, RECORDS + 24); at++) marks.push({ at, kind: 'varint' })
  return marks
}

function messageMarks(message: Buffer): Mark[] {
  const lengths = message[MAGIC] === 0 ? MAGIC + 2 : MAGIC + 10
  return [
    { at: BATCH_LENGTH, kind: 'int32' },
    { at: MAGIC + 1, kind: 'int8' },
    { at: lengths, kind: 'int32' },
    { at: lengths + 4, kind: 'int32' },
  ]
}

/** The bytes with every checksum right that can be found. */
function withChecksums(bytes: Buffer): Buffer {
  const right = Buffer.from(bytes)
  for (let at = 0; at + RECORDS <= right.length; ) {
    const end = at + OLD_CRC + right.readInt32BE(at + BATCH_LENGTH)
    if (end <= at + CRC || end > right.length) break
    if (right[at + MAGIC] < 2) right.writeUInt32BE(crc32(right.subarray(at + MAGIC, end)), at + OLD_CRC)
    else if (end >= at + RECORDS) right.writeUInt32BE(crc32c(right, at + ATTRIBUTES, end), at + CRC)
    at = end
  }
  return right
}
