import { describe, expect, test } from 'vitest'
import { defineApi } from '../../../protocol/api.ts'
import { DecodeError, EncodeError } from '../../../protocol/errors.ts'
import {
  boolean,
  bytes,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  structs,
  uuid,
} from '../../../protocol/fields.ts'
import { decodeRequestHeader, decodeResponseHeader, skipHeaderTags } from '../../../protocol/header.ts'
import {
  apis,
  decodeRequest,
  decodeRequestFrame,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../protocol/index.ts'
import { DECODED_BYTES, DECODED_BYTES_PER_BYTE } from '../../../protocol/limits.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment } from '../../../protocol/messages/consumer-protocol.ts'
import { Reader } from '../../../protocol/reader.ts'
import { Dice } from '../../fuzz/dice.ts'
import { frameTargets } from '../../fuzz/frame-targets.ts'
import type { Sample } from '../../fuzz/marking-writer.ts'
import { apiTargets, groupMemberTargets, headerTargets } from '../../fuzz/message-targets.ts'
import { lie, mutate } from '../../fuzz/mutations.ts'
import { type Target, titleOf } from '../../fuzz/target.ts'
import { requireDetails } from '../../fuzz/verdict.ts'

/** Mutations of each message; the long run is `npm run fuzz`. */
const MUTATIONS = 60
/** Larger samples are cut, flipped and lied about at so many places, spread over their length. */
const PLACES = 120

/** What members of a group tell one another may go on after what is known, and old sticky members have no generation. */
const mayGoOn = /^ConsumerProtocol|^StickyAssignorUserData$|^FrameSplitter$/

const targets = [...apiTargets(), ...groupMemberTargets(), ...headerTargets(), ...frameTargets()]
const byApi = Map.groupBy(targets, ({ api }) => api)

// Each judgement fails on any error but a DecodeError with all its details, and on a value that does not survive being
// written and read again.
describe.each([...byApi])('%s', (_, ofApi) => {
  test('cut off anywhere, with a byte too many, or with a bit flipped', async () => {
    for (const { target, samples } of await withSamples(ofApi)) {
      const whole = samples[0].bytes
      expect(target.judge(whole), titleOf(target)).toBe(true)
      const cutIsRefused = !mayGoOn.test(target.api)
      for (const end of places(whole.length)) {
        const accepted = target.judge(whole.subarray(0, end))
        if (cutIsRefused) expect(accepted, `${titleOf(target)}, ${end} of ${whole.length} bytes`).toBe(false)
      }
      if (cutIsRefused) expect(target.judge(Buffer.concat([whole, Buffer.alloc(1)])), titleOf(target)).toBe(false)
      for (const at of places(whole.length)) {
        const flipped = Buffer.from(whole)
        flipped[at] ^= 1 << (at % 8)
        await judged(target, flipped)
      }
    }
  })

  test('with counts, lengths and sizes that lie, and parts of other messages', async () => {
    for (const { target, samples } of await withSamples(ofApi)) {
      const dice = new Dice(target.version + 1)
      for (const sample of samples.slice(0, 2)) {
        for (const at of places(sample.marks.length)) await judged(target, lie(sample.bytes, sample.marks[at], dice))
      }
      for (let i = 0; i < MUTATIONS; i++) await judged(target, mutate(dice.pick(samples), dice.pick(samples), dice))
    }
  })
})

async function withSamples(ofApi: readonly Target[]): Promise<Array<{ target: Target; samples: readonly Sample[] }>> {
  const all = []
  for (const target of ofApi) all.push({ target, samples: await target.samples(new Dice(target.version)) })
  return all
}

async function judged(target: Target, input: Buffer): Promise<void> {
  try {
    await target.judge(input)
  } catch (cause) {
    throw new Error(`${titleOf(target)}: ${input.toString('hex')}`, { cause })
  }
}

function places(length: number): number[] {
  const step = Math.max(1, length / PLACES)
  return Array.from({ length: Math.floor(length / step) }, (_, i) => Math.floor(i * step))
}

const strict = defineApi({
  key: 97,
  name: 'Strict',
  versions: '0-1',
  flexible: '0+',
  request: {
    flag: boolean({ versions: '0', ignorable: true }),
    name: string({ versions: '0', ignorable: true }),
    inner: nullable(struct({ id: int32() }, { versions: '0', ignorable: true })),
    lists: structs({ inner: structs({ innermost: structs({ n: string() }) }) }, { versions: '0', ignorable: true }),
    early: int32({ versions: '0', tag: 0 }),
    late: int32({ versions: '1', tag: 1 }),
    text: string({ versions: '0+', tag: 2 }),
  },
  response: {},
})

function refusal(decode: () => unknown, bytes: Buffer): DecodeError {
  try {
    decode()
  } catch (error) {
    requireDetails(error, bytes)
    return error
  }
  throw new Error('it was read')
}

describe('what no encoder writes', () => {
  // flag, name 'a', inner -1, no lists, no tags
  const valid = '01 0261 ff 01 00'
  test.each<[string, string, string, RegExp]>([
    ['a string of 32,768 bytes', `01 818002${'61'.repeat(32_768)} ff 01 00`, 'name', /longer than 32767/],
    ['a varint of 33 bits', '01 8280808010 ff 01 00', 'name', /more than 32 bits/],
    ['a varint of 6 bytes', '01 828080808000 ff 01 00', 'name', /longer than 5 bytes/],
    ['a varint without an end', '01 8080', 'name', /1 byte needed/],
    ['tags that do not ascend', '01 0261 ff 01 02 050107 040107', '_tagged_fields[1]', /tag 4 comes after tag 5/],
    ['a tag twice', '01 0261 ff 01 02 02020261 02020262', '_tagged_fields[1]', /tag 2 comes after tag 2/],
    ['more tags than bytes', '01 0261 ff 01 7f 050107', '_tagged_fields', /127 tagged fields do not fit/],
    ['more tags than Kafka allows', `01 0261 ff 01 914e${'00'.repeat(21_000)}`, '_tagged_fields', /10001 tagged/],
    ['a tag whose field is not all there', '01 0261 ff 01 01 050401', '_tagged_fields[0]', /4 bytes needed/],
    ['a tag that only version 1 has', '01 0261 ff 01 01 010400000007', 'late', /tag 1 does not belong/],
    ['a byte after the end', '01 0261 ff 01 00 00', '_end', /1 byte is left over/],
    ['an array over a million', `01 0261 ff c2843d ${'01'.repeat(2_000_002)}`, 'lists', /1000001 elements is longer/],
  ])('%s', (_, hex, field, message) => {
    const input = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const error = refusal(() => decodeRequest(strict, 0, input), input)
    expect(error).toMatchObject({ api: 'Strict', version: 0, field })
    expect(error.message).toMatch(message)
  })

  test('and what one does write, in other ways than ours', () => {
    const read = (hex: string) => decodeRequest(strict, 0, Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    expect(read(valid)).toMatchObject({ flag: true, name: 'a', inner: null })
    // A padded varint, a default that is written, a tag of the future, and the character that stands for broken text.
    expect(read('00 828000 61 ff 01 03 000400000000 020101 0900')).toMatchObject({ name: 'a', early: 0, text: '' })
    expect(read('01 04efbfbd ff 01 00').name).toBe('\ufffd')
  })

  test("what Java's classes let pass: any other byte for true, for null and for what is there, and text that is none", () => {
    const read = (hex: string) => decodeRequest(strict, 0, Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    expect(read('02 0261 fe 01 00')).toMatchObject({ flag: true, inner: null })
    expect(read('ff 0261 00 00000007 00 01 00')).toMatchObject({ flag: true, inner: { id: 7 } })
    expect(read('00 0261 7f 00000007 00 01 00')).toMatchObject({ flag: false, inner: { id: 7 } })
    expect(read('01 04c32861 ff 01 00').name).toBe('\ufffd(a')
    expect(read('01 04eda080 ff 01 00').name).toBe('\ufffd\ufffd\ufffd')
  })

  test('one bad client id hides no other member of a group', () => {
    const member = (memberId: string, clientId: string) => {
      const clientHost = '/127.0.0.1'
      return { memberId, clientId, clientHost, memberMetadata: Buffer.alloc(0), memberAssignment: Buffer.alloc(0) }
    }
    const group = { errorCode: 0, groupId: 'g', groupState: 'Stable', protocolType: 'consumer', protocolData: 'range' }
    const members = [member('a', 'xx'), member('b', 'ok')]
    const bytes = encodeResponse(apis.DescribeGroups, 0, { groups: [{ ...group, members }] })
    bytes[bytes.indexOf('xx')] = 0xff
    const read = decodeResponse(apis.DescribeGroups, 0, bytes)
    expect(read.groups[0].members.map(({ clientId }) => clientId)).toEqual(['\ufffdx', 'ok'])
  })
})

test('counts that multiply cost no more than the bytes that are there', () => {
  // Each level announces as many as bytes are left.
  const input = Buffer.concat([Buffer.from('010261ff', 'hex'), Buffer.alloc(60_000, 0x7e)])
  const { grown, error } = heapOf(() => refusal(() => decodeRequest(strict, 0, input), input))
  expect(grown).toBeLessThan(20 * input.length)
  expect(error.field).toMatch(/^lists\[\d+\]\.inner\[\d+\]/)
})

describe('the smallest structs, of which a message takes no more than it may', () => {
  /** CreatePartitions v2: so many topics, each with a hundred thousand assignments of two bytes. */
  function tinyAssignments(topics: number): Buffer {
    const count = Buffer.from('a18d06', 'hex')
    const topic = Buffer.concat([Buffer.from('0100000000', 'hex'), count, Buffer.alloc(200_000, '0100', 'hex'), zero])
    return Buffer.concat([Buffer.from([topics + 1]), ...new Array(topics).fill(topic), Buffer.alloc(6)])
  }
  const zero = Buffer.alloc(1)

  test('a few are read', () => {
    const { topics } = decodeRequest(apis.CreatePartitions, 2, tinyAssignments(3))
    expect(topics.map(({ assignments }) => assignments?.length)).toEqual([100_000, 100_000, 100_000])
  })

  test('too many are refused before they are read', () => {
    const input = tinyAssignments(40)
    const { grown, error } = heapOf(() => refusal(() => decodeRequest(apis.CreatePartitions, 2, input), input))
    expect(grown).toBeLessThan(1.4 * (DECODED_BYTES + DECODED_BYTES_PER_BYTE * input.length))
    expect(error).toMatchObject({
      api: 'CreatePartitions',
      field: expect.stringMatching(/^topics\[\d+\]\.assignments$/),
    })
    expect(error.message).toMatch(
      /array of 100000 elements the message takes more memory than the 67108864 bytes and 8/,
    )
  })

  test('as many texts as an array may have', () => {
    // Metadata v0 asks for topics by name; each name has the two bytes of its length.
    const input = Buffer.concat([Buffer.from('000f4240', 'hex'), Buffer.alloc(2_000_000)])
    expect(decodeRequest(apis.Metadata, 0, input).topics).toHaveLength(1_000_000)
  })
})

/** What a decoder leaves on the heap, its garbage included unless there is so much that it is collected. */
function heapOf(decode: () => DecodeError): { grown: number; error: DecodeError } {
  const before = process.memoryUsage().heapUsed
  const error = decode()
  return { grown: process.memoryUsage().heapUsed - before, error }
}

describe('what stands around a message', () => {
  test.each<[string, string, (reader: Reader) => unknown]>([
    ['correlationId', '0003000c0000', decodeRequestHeader],
    ['apiKey', '00', decodeRequestHeader],
    ['clientId', '0003000c00000001fffe', decodeRequestHeader],
    ['_tagged_fields[0]', '010109', skipHeaderTags],
    ['correlationId', '000000', (reader) => decodeResponseHeader(reader, 0)],
    ['_tagged_fields', '0000000105', (reader) => decodeResponseHeader(reader, 1)],
  ])('a header that is wrong in its %s (%s)', (field, hex, decode) => {
    const input = Buffer.from(hex, 'hex')
    expect(refusal(() => decode(new Reader(input)), input).field).toBe(field)
  })

  test.each(['', '00', 'ffff'])('a version of the consumer protocol that is none: %s', (hex) => {
    const input = Buffer.from(hex, 'hex')
    for (const decode of [decodeSubscription, decodeAssignment]) {
      expect(refusal(() => decode(input), input)).toMatchObject({ field: 'version', position: 0 })
    }
  })

  test('members of the group may write more than is known', () => {
    const known = { assignedPartitions: [{ topic: 'a', partitions: [1] }], userData: null }
    const longer = Buffer.concat([encodeAssignment(1, known), Buffer.from('more')])
    expect(decodeAssignment(longer)).toEqual(known)
  })

  test.each([
    ['apiKey', 0, 'RequestHeader', 1, '7fff0000 00000001 ffff', /no API has the key 32767/],
    ['apiVersion', 2, 'Metadata', 99, '00030063 00000001 ffff 7f', /Metadata has no version 99/],
    ['apiVersion', 2, 'Metadata', -1, '0003ffff 00000001 ffff', /Metadata has no version -1/],
  ])('a request for an unknown %s', (field, position, api, version, hex, message) => {
    const input = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    const error = refusal(() => decodeRequestFrame(input), input)
    expect(error).toMatchObject({ api, version, field, position })
    expect(error.message).toMatch(message)
  })

  test('a version that an API does not have', () => {
    const error = (() => {
      try {
        return decodeRequest(apis.Metadata, 99, Buffer.alloc(9))
      } catch (error) {
        return error
      }
    })()
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ api: 'Metadata', version: 99, position: 0 })
    expect((error as Error).message).toMatch(/MetadataRequest has no version 99/)
  })
})

const values = defineApi({
  key: 96,
  name: 'Values',
  versions: '0',
  flexible: '0+',
  request: {
    name: string({ default: '' }),
    id: uuid({ default: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    n: int32({ default: 0 }),
    time: int64({ default: 0 }),
    list: nullable(structs({ n: int32() }, { default: null })),
    state: struct({ n: int32({ default: 0 }) }, { tag: 0 }),
    data: bytes({ tag: 1 }),
    batches: nullable(records({ default: null })),
  },
  response: {},
})

describe('values that cannot be written as they are', () => {
  const getter = (first: Buffer, then: Buffer): Buffer[] => {
    let calls = 0
    return Object.defineProperty([], 0, { enumerable: true, get: () => (calls++ === 0 ? first : then) })
  }
  test.each<[string, object, string]>([
    ['half of a surrogate pair', { name: 'a\ud83d' }, 'name'],
    ['half of another', { name: '\ude95ü' }, 'name'],
    ['a uuid with bits to spare', { id: 'AAAAAAAAAAAAAAAAAAAAAB' }, 'id'],
    ['a bigint for a uuid', { id: 5n }, 'id'],
    ['a very long text for a uuid', { id: 'x'.repeat(1e6) }, 'id'],
    ['NaN', { n: Number.NaN }, 'n'],
    ['a fraction', { n: 0.5 }, 'n'],
    ['an integer of a million digits', { time: 10n ** 100_000n }, 'time'],
    ['a hole in an array', { list: Object.assign(new Array(2), { 0: { n: 1 } }) }, 'list[1]'],
    ['something like an array', { list: { length: 1, 0: { n: 1 } } }, 'list'],
    ['a million elements and one', { list: new Array(1_000_001) }, 'list'],
    ['a number for a tagged struct', { state: 5 }, 'state'],
    ['a text for a tagged struct', { state: 'n' }, 'state'],
    ['an empty text for tagged bytes', { data: '' }, 'data'],
    ['records that change', { batches: getter(Buffer.alloc(5), Buffer.alloc(9)) }, 'batches'],
  ])('%s', (_, body, field) => {
    let error: unknown
    try {
      encodeRequest(values, 0, body as never)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(EncodeError)
    expect(error).toMatchObject({ api: 'Values', version: 0, field })
    expect((error as Error).message.length).toBeLessThan(200)
  })

  test('and some that can: -0, pairs, both forms of U+FFFD', () => {
    const body = { name: '🚕\ufffd', n: -0, time: -0 }
    expect(decodeRequest(values, 0, encodeRequest(values, 0, body))).toMatchObject({ name: '🚕\ufffd', n: 0, time: 0 })
  })
})
