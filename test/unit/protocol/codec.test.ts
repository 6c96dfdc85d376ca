import { describe, expect, test } from 'vitest'
import { defineApi } from '../../../protocol/api.ts'
import { DecodeError, EncodeError } from '../../../protocol/errors.ts'
import { array, bytes, int16, int32, int64, nullable, string, structs, uuid } from '../../../protocol/fields.ts'
import { apis, decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../protocol/index.ts'
import { seededRandom } from '../seeded-random.ts'
import { sampleStruct } from './sample-values.ts'

const SAMPLES = 20

const everyVersion = Object.values(apis).flatMap((api) =>
  Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, i) => {
    const version = api.minVersion + i
    const codec = { ...api } as (typeof apis)['Metadata']
    return { name: `${api.name} v${version}`, api: codec, version }
  }),
)

describe.each(everyVersion)('$name', ({ api, version }) => {
  const random = seededRandom(api.key * 100 + version)
  const directions = [
    { fields: api.request.fields, encode: encodeRequest, decode: decodeRequest },
    { fields: api.response.fields, encode: encodeResponse, decode: decodeResponse },
  ]

  test('what is written is read again, and is all that was written', () => {
    for (const { fields, encode, decode } of directions) {
      for (let i = 0; i < SAMPLES; i++) {
        const value = sampleStruct(fields, version, random)
        const written = encode(api, version, value as never)
        expect(decode(api, version, written)).toMatchObject(value)
        // A field at its default may have two forms, but what was read is written as it was.
        expect(encode(api, version, decode(api, version, written) as never)).toEqual(written)
      }
    }
  })

  test('cut off anywhere, or with a byte too many, it is a DecodeError', () => {
    for (const { fields, encode, decode } of directions) {
      const written = encode(api, version, sampleStruct(fields, version, random) as never)
      for (let length = 0; length < written.length; length++) {
        expect(() => decode(api, version, written.subarray(0, length))).toThrow(DecodeError)
      }
      expect(() => decode(api, version, Buffer.concat([written, Buffer.alloc(1)]))).toThrow(DecodeError)
    }
  })
})

const sample = defineApi({
  key: 99,
  name: 'Sample',
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: structs({ name: string(), partitions: array(int32()) }),
    newer: int16({ versions: '1+' }),
    hint: int16({ versions: '1+', ignorable: true }),
    reason: nullable(string(), '2+'),
    tagged: int32({ versions: '2+', tag: 3, default: -1 }),
    time: int64({ versions: '3+' }),
    id: uuid({ versions: '3+' }),
    data: bytes({ versions: '3+' }),
  },
  response: { names: array(string()) },
})

function refusal(body: object, version = 3): EncodeError {
  try {
    encodeRequest(sample, version, { topics: [], reason: '', ...body } as never)
  } catch (error) {
    if (error instanceof EncodeError) return error
    throw error
  }
  throw new Error('it was written')
}

describe('a value that does not fit', () => {
  test.each<[string, object, string]>([
    ['a missing field', { topics: [{ name: 'a' }] }, 'topics[0].partitions'],
    ['a wrong type deep inside', { topics: [{ name: 'a', partitions: [1, '2'] }] }, 'topics[0].partitions[1]'],
    ['text for a list', { topics: 'a' }, 'topics'],
    ['null where it is not allowed', { topics: null }, 'topics'],
    ['an integer that is too large', { newer: 32_768 }, 'newer'],
    ['a fraction', { newer: 1.5 }, 'newer'],
    ['a bigint for a small integer', { newer: 5n }, 'newer'],
    ['a bigint for an int32', { tagged: 5n }, 'tagged'],
    ['a number that is not exact', { time: 2 ** 53 }, 'time'],
    ['a bigint beyond 64 bits', { time: 2n ** 63n }, 'time'],
    ['text that is no uuid', { id: 'abc' }, 'id'],
    ['text for bytes', { data: 'abc' }, 'data'],
    ['text that is too long', { reason: 'x'.repeat(32_768) }, 'reason'],
  ])('%s is an EncodeError that names it', (_, body, field) => {
    const error = refusal(body)
    expect(error).toMatchObject({ api: 'Sample', version: 3, field })
    expect(error.message).toContain(`SampleRequest v3, field ${field}`)
  })

  test('a field that the version lacks is refused, unless it is ignorable or says nothing', () => {
    expect(refusal({ newer: 1 }, 0)).toMatchObject({ field: 'newer', version: 0 })
    expect(() => encodeRequest(sample, 0, { topics: [], reason: '', newer: 0, hint: 1 })).not.toThrow()
  })

  test('a version that does not exist is refused', () => {
    expect(() => encodeRequest(sample, 4, { topics: [], reason: '' })).toThrow(/no version 4/)
    expect(() => decodeRequest(sample, -1, Buffer.alloc(4))).toThrow(/no version -1/)
  })
})

describe('bytes that lie', () => {
  const cases: Array<[string, number, string, RegExp]> = [
    ['a count beyond the frame', 0, '7fffffff', /topics/],
    ['a negative count', 0, 'fffffffe', /topics/],
    ['null where it is not allowed', 0, 'ffffffff', /topics.*null/],
    ['a compact count beyond the frame', 2, 'ffffffff0f', /topics/],
    ['an unsigned varint of six bytes', 2, '808080808001', /varint/],
    ['text beyond the frame', 0, '0000000100ff', /topics/],
  ]
  test.each(cases)('%s is a DecodeError before anything is allocated', (_, version, hex, message) => {
    // Long enough for the least that the announced elements could take not to be the reason.
    const lie = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(16)])
    expect(() => decodeRequest(sample, version, lie)).toThrow(message)
    expect(() => decodeRequest(sample, version, lie)).toThrow(DecodeError)
  })

  test('a tagged field may neither end before its size nor read beyond it', () => {
    const body = { topics: [], reason: null, tagged: 7 }
    const written = encodeRequest(sample, 2, body)
    // …, count of tags, tag, size, value
    const size = written.length - 5
    expect(written[size]).toBe(4)
    for (const wrong of [3, 5]) {
      const lie = Buffer.concat([written, Buffer.alloc(1)])
      lie[size] = wrong
      expect(() => decodeRequest(sample, 2, lie)).toThrow(DecodeError)
    }
  })
})

describe('versions', () => {
  test('what a version lacks reads as its default', () => {
    const oldest = decodeRequest(sample, 0, encodeRequest(sample, 0, { topics: [], reason: 'r' }))
    expect(oldest).toEqual({
      topics: [],
      newer: 0,
      hint: 0,
      reason: 'r',
      tagged: -1,
      time: 0,
      id: 'AAAAAAAAAAAAAAAAAAAAAA',
      data: Buffer.alloc(0),
    })
  })

  test('defaults are not shared between messages', () => {
    const empty = Buffer.from('0000000000000000', 'hex').subarray(0, 6)
    const first = decodeRequest(sample, 0, empty)
    first.topics.push({ name: 'mine', partitions: [] })
    expect(decodeRequest(sample, 0, empty).topics).toEqual([])
  })

  test('tags that nobody knows are passed over', () => {
    const written = encodeRequest(sample, 2, { topics: [], reason: null })
    expect(written[written.length - 1]).toBe(0)
    const stranger = Buffer.from([1, 9, 3, 1, 2, 3])
    const body = decodeRequest(sample, 2, Buffer.concat([written.subarray(0, -1), stranger]))
    expect(body).toMatchObject({ topics: [], tagged: -1 })
  })
})

describe('int64', () => {
  const words = defineApi({
    key: 98,
    name: 'Word',
    versions: '0',
    flexible: 'none',
    request: { value: int64() },
    response: {},
  })

  test.each<[number | bigint, string]>([
    [0, '0000000000000000'],
    [-1, 'ffffffffffffffff'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
    [2n ** 63n - 1n, '7fffffffffffffff'],
    [-(2n ** 63n), '8000000000000000'],
  ])('%s', (value, hex) => {
    const written = encodeRequest(words, 0, { value })
    expect(written.toString('hex')).toBe(hex)
    // Beyond what a number holds it is the nearest one.
    expect(decodeRequest(words, 0, written).value).toBe(Number(value))
  })
})

test('a request lies on the wire as its definition says', () => {
  // Metadata v12: one topic with a zero id, a compact name and no tags; two flags; no tags.
  const body = { topics: [{ name: 'rides' }], allowAutoTopicCreation: true, includeTopicAuthorizedOperations: false }
  expect(encodeRequest(apis.Metadata, 12, body).toString('hex')).toBe(
    `02${'00'.repeat(16)}06${Buffer.from('rides').toString('hex')}00010000`,
  )
})
