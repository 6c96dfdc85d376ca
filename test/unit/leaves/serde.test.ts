import { describe, expect, test } from 'vitest'
import { SerializationError } from '../../../src/errors.ts'
import { serde } from '../../../src/serde.ts'

const TOPIC = 'rides'

// What Java's serializers make of the same values.
test.each([
  ['string', serde.string, 'Grüße', '4772c3bcc39f65'],
  ['int32', serde.int32, -2, 'fffffffe'],
  ['int64', serde.int64, 9_007_199_254_740_993n, '0020000000000001'],
  ['float64', serde.float64, -1.5, 'bff8000000000000'],
  [
    'uuid',
    serde.uuid,
    '123e4567-e89b-12d3-a456-426614174000',
    Buffer.from('123e4567-e89b-12d3-a456-426614174000').toString('hex'),
  ],
  ['json', serde.json<{ id: number }>(), { id: 1 }, Buffer.from('{"id":1}').toString('hex')],
] as const)('%s goes to the known bytes and back', (_name, each, value, hex) => {
  const data = (each.serialize as (topic: string, value: unknown) => Buffer)(TOPIC, value)
  expect(data.toString('hex')).toBe(hex)
  expect(each.deserialize(TOPIC, data)).toEqual(value)
})

test('buffer hands on the same memory', () => {
  const bytes = Buffer.from('abc')
  expect(serde.buffer.serialize(TOPIC, bytes)).toBe(bytes)
  expect(serde.buffer.deserialize(TOPIC, bytes)).toBe(bytes)
  const part = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
  expect(serde.buffer.serialize(TOPIC, part)).toEqual(Buffer.from([2, 3]))
})

test('int64 also takes a safe number', () => {
  expect(serde.int64.serialize(TOPIC, -1).toString('hex')).toBe('ffffffffffffffff')
})

describe('what does not fit is a SerializationError that names the topic', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle

  test.each([
    ['string', serde.string, 5],
    ['buffer', serde.buffer, 'text'],
    ['int32', serde.int32, 2 ** 31],
    ['int32', serde.int32, 1.5],
    ['int32', serde.int32, '5'],
    ['int64', serde.int64, 2n ** 63n],
    ['int64', serde.int64, 2 ** 53],
    ['float64', serde.float64, '1'],
    ['uuid', serde.uuid, 'not one'],
    ['json', serde.json(), undefined],
    ['json', serde.json(), () => 1],
    ['json', serde.json(), cycle],
    ['json', serde.json(), { big: 1n }],
  ])('%s', (_name, each, value) => {
    const serialize = each.serialize as (topic: string, value: unknown) => Buffer
    expect(() => serialize(TOPIC, value)).toThrow(SerializationError)
    expect(() => serialize(TOPIC, value)).toThrow(/'rides'/)
  })

  test.each([
    ['int32', serde.int32, Buffer.alloc(3)],
    ['int64', serde.int64, Buffer.alloc(4)],
    ['float64', serde.float64, Buffer.alloc(0)],
    ['uuid', serde.uuid, Buffer.from('x')],
    ['json', serde.json(), Buffer.from('{')],
  ])('%s read from foreign bytes', (_name, each, data) => {
    expect(() => each.deserialize(TOPIC, data)).toThrow(SerializationError)
    expect(() => each.deserialize(TOPIC, data)).toThrow(/'rides'/)
  })
})
