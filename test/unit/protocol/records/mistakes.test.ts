import { describe, expect, test } from 'vitest'
import { DecodeError, EncodeError, KafkaError } from '../../../../protocol/errors.ts'
import { sizePrefixed } from '../../../../protocol/frame-splitter.ts'
import {
  placeBatch,
  RecordBatchBuilder,
  readBatches,
  readRecords,
  recordSize,
  stampProducer,
  transactionMarker,
} from '../../../../protocol/records/index.ts'
import { oldMessage } from './old-messages.ts'

// What JavaScript lets pass.
const loose = (value: unknown): never => value as never
const time = 1_700_000_000_000

function refusal(action: () => unknown): KafkaError & { field?: string; position?: number } {
  try {
    action()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function batch(...values: string[]): Buffer {
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(time, null, value)
  return builder.seal({ compression: 'none' }) as Buffer
}

describe('a record', () => {
  const good = [time, 'key', 'value', null] as const
  const replaced = (index: number, value: unknown) => good.map((each, i) => (i === index ? value : each))
  const wrong: Array<[string, unknown[], string]> = [
    ...[5, true, { ride: 1 }, undefined, [1], new ArrayBuffer(1), new Float64Array(1), () => 'v'].flatMap(
      (value): Array<[string, unknown[], string]> => [
        [`with the key ${String(value)}`, replaced(1, value), 'key'],
        [`with the value ${String(value)}`, replaced(2, value), 'value'],
        [`with the header value ${String(value)}`, replaced(3, [['h', value]]), 'headers[0][1]'],
      ],
    ),
    ...[Number.NaN, 1.7, 2 ** 53, Infinity, 5n, '5', null, undefined, new Date(0)].map(
      (value): [string, unknown[], string] => [`of the time ${String(value)}`, replaced(0, value), 'timestamp'],
    ),
    ['with headers as an object', replaced(3, { trace: 'abc' }), 'headers'],
    ['with headers as a Map', replaced(3, new Map([['trace', 'abc']])), 'headers'],
    ['with headers as text', replaced(3, 'trace'), 'headers'],
    ['with a header that is no pair', replaced(3, [['a', 'b'], 'trace']), 'headers[1]'],
    ['with a header as an object', replaced(3, [{ name: 'a', value: 'b' }]), 'headers[0]'],
    ['with a header without a name', replaced(3, [[null, 'b']]), 'headers[0][0]'],
  ]

  test.each(wrong)('%s is refused, and leaves the batch as it was', (_, args, field) => {
    const builder = new RecordBatchBuilder()
    const append = builder.append.bind(builder) as (...args: unknown[]) => number
    for (const before of [0, 1]) {
      const error = refusal(() => append(...args))
      expect(error).toBeInstanceOf(EncodeError)
      expect(error).toMatchObject({ field })
      expect(error.message).toContain(`${field} must be `)
      expect(builder.count).toBe(before)
      append(time - 1 + before, null, 'good')
    }
    const [sealed] = readBatches(builder.seal({ compression: 'none' }) as Buffer)
    expect(sealed).toMatchObject({ recordCount: 2, baseTimestamp: time - 1, maxTimestamp: time })
  })

  test('has a size only if it can be written', () => {
    expect(refusal(() => recordSize('k', loose(5), null))).toMatchObject({ field: 'value' })
    expect(refusal(() => recordSize('k', 'v', loose({ trace: 'abc' })))).toMatchObject({ field: 'headers' })
  })

  test('may leave its headers out', async () => {
    const [read] = readBatches(batch('v'))
    expect(await readRecords(read)).toMatchObject([{ headers: [] }])
  })
})

describe('sealing', () => {
  const builderOf = (...values: string[]): RecordBatchBuilder => {
    const builder = new RecordBatchBuilder()
    for (const value of values) builder.append(time, null, value)
    return builder
  }

  test.each([undefined, {}, { compression: 'brotli' }, { compression: null }, { compression: 'toString' }])(
    'with %j is refused',
    (options) => {
      const builder = builderOf('v')
      const error = refusal(() => builder.seal(loose(options)))
      expect(error).toBeInstanceOf(EncodeError)
      expect(error.message).toContain('compression must be one of none, gzip, snappy, lz4, zstd')
      expect(builder.seal({ compression: 'none' })).toBeInstanceOf(Buffer)
    },
  )

  test.each(['none', 'gzip'] as const)('ends the batch (%s)', async (compression) => {
    const builder = builderOf('v'.repeat(1000))
    const sealed = await builder.seal({ compression })
    const before = Buffer.from(sealed)
    expect(refusal(() => builder.append(time, null, 'late'))).toBeInstanceOf(EncodeError)
    expect(refusal(() => builder.seal({ compression: 'none' }))).toBeInstanceOf(EncodeError)
    expect(sealed).toEqual(before)
  })

  test('can be tried again, in another way, after a codec has failed', async () => {
    const builder = builderOf('v'.repeat(1000))
    await expect((async () => builder.seal({ compression: 'gzip', level: 99 }))()).rejects.toThrow(RangeError)
    const [sealed] = readBatches(await builder.seal({ compression: 'none' }))
    expect(sealed.recordCount).toBe(1)
  })
})

describe('what a batch is marked with', () => {
  test.each<[string, (batch: Buffer) => void, string]>([
    ['a producer id beyond 2^53', (each) => stampProducer(each, 2 ** 60, 0, 0), 'producerId'],
    ['no producer id', (each) => stampProducer(each, loose(undefined), 0, 0), 'producerId'],
    ['an epoch of 32 bits', (each) => stampProducer(each, 1, 40_000, 0), 'producerEpoch'],
    ['a fraction of a sequence', (each) => stampProducer(each, 1, 0, 0.5), 'baseSequence'],
    ['an offset as text', (each) => placeBatch(each, loose('7'), 0), 'baseOffset'],
    ['a negative offset', (each) => placeBatch(each, -1, 0), 'baseOffset'],
    ['a leader epoch of 33 bits', (each) => placeBatch(each, 1, 2 ** 32), 'partitionLeaderEpoch'],
    ['text instead of a batch', () => placeBatch(loose('batch'), 1, 0), 'batch'],
    ['half a batch', (each) => stampProducer(each.subarray(0, 60), 1, 0, 0), 'batch'],
  ])('%s is refused, and leaves the batch as it was', (_, mark, field) => {
    const marked = batch('v')
    const error = refusal(() => mark(marked))
    expect(error).toBeInstanceOf(EncodeError)
    expect(error).toMatchObject({ field })
    expect(marked).toEqual(batch('v'))
  })

  test('a transaction ends in no other way than these', () => {
    const marker = { type: 'COMMIT', producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestamp: time } as const
    expect(refusal(() => transactionMarker({ ...marker, type: loose('commit') }))).toMatchObject({ field: 'type' })
    const withoutEpoch = { ...marker, coordinatorEpoch: loose(undefined) }
    expect(refusal(() => transactionMarker(withoutEpoch))).toMatchObject({ field: 'coordinatorEpoch' })
  })
})

test('only bytes become a frame with its length', () => {
  for (const wrong of ['abc', 5, [1, 2], null])
    expect(refusal(() => sizePrefixed(loose(wrong)))).toBeInstanceOf(EncodeError)
})

describe('a log whose last batch is cut off', () => {
  const whole = Buffer.concat([batch('a'), batch('b', 'c')])
  const last = batch('lost')

  test('ends in silence for a Fetch answer, with an error that says where for a reader of files', () => {
    for (let length = 1; length < last.length; length++) {
      const cut = Buffer.concat([whole, last.subarray(0, length)])
      expect([...readBatches(cut)]).toHaveLength(2)
      expect([...readBatches(cut, { partial: 'leave' })]).toHaveLength(2)
      const read: number[] = []
      const error = refusal(() => {
        for (const { recordCount } of readBatches(cut, { partial: 'error' })) read.push(recordCount)
      })
      expect(read).toEqual([1, 2])
      expect(error).toBeInstanceOf(DecodeError)
      expect(error).toMatchObject({ position: whole.length })
      expect(error.message).toContain(`is cut off after ${length} byte`)
    }
  })

  test('so is one of old messages', () => {
    const cut = oldMessage({ offset: 0, value: Buffer.from('v') }).subarray(0, -1)
    expect([...readBatches(cut)]).toEqual([])
    expect(refusal(() => [...readBatches(cut, { partial: 'error' })])).toMatchObject({ position: 0 })
  })

  test('is none if all is there', () => {
    expect([...readBatches(whole, { partial: 'error' })]).toHaveLength(2)
    expect([...readBatches(Buffer.alloc(0), { partial: 'error' })]).toEqual([])
  })

  test('and filled up with zeros says so', () => {
    const error = refusal(() => [...readBatches(Buffer.concat([whole, Buffer.alloc(100)]))])
    expect(error).toMatchObject({ name: 'DecodeError', position: whole.length })
    expect(error.message).toContain('only zeros follow, as at the end of a segment that was preallocated')
    const damaged = Buffer.concat([whole, Buffer.alloc(100)])
    damaged[damaged.length - 1] = 1
    expect(refusal(() => [...readBatches(damaged)]).message).toContain('a batch cannot have a length of 0')
  })

  test('cannot be asked for in another way', () => {
    expect(refusal(() => readBatches(whole, { partial: loose('eror') }))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
