import { FrameSplitter } from '../../protocol/frame-splitter.ts'
import { type AnyApi, apis, decodeRequest, decodeResponse } from '../../protocol/index.ts'
import { DECODED_BYTES, DECODED_BYTES_PER_BYTE } from '../../protocol/limits.ts'
import type { LargeInput } from './large-input.ts'
import { requireDetails } from './verdict.ts'

const MB = 1_000_000
/** The codec counts roughly, and collections come when they come. */
const TOLERANCE = 1.75

/** Messages that are as large as can be for what they are made of. */
export function largeMessages(): LargeInput[] {
  return [
    request('arrays in arrays, of two bytes each', apis.CreatePartitions, 2, () => {
      const topic = [1, 0, 0, 0, 0, ...varint(900_001)]
      return whole([varint(11), ...times(10, [topic, filled(1.8 * MB, [1, 0]), [0]]), [0, 0, 0, 0, 0, 0]])
    }),
    request('Buffers of one byte', apis.JoinGroup, 6, () => {
      return whole([filled(9), [1, 1, 0, 1], varint(400_001), filled(1.6 * MB, [1, 2, 7, 0]), [0]])
    }),
    request('more of them than memory allows', apis.JoinGroup, 6, () => {
      return whole([filled(9), [1, 1, 0, 1], varint(1_000_001), filled(4 * MB, [1, 2, 7, 0]), [0]])
    }),
    request('names of nothing', apis.Metadata, 0, () => whole([int32(1_000_000), filled(2 * MB)])),
    request('names that are no text', apis.Metadata, 0, () => {
      return whole([int32(600), ...times(600, [[0x7f, 0xff], filled(0x7fff, [0xff])])])
    }),
    request('tags that nobody knows', apis.Fetch, 12, () => {
      const tags = Buffer.concat(Array.from({ length: 10_000 }, (_, tag) => Buffer.from([...varint(tag + 9), 0])))
      const topics = times(600, [[1, 1], varint(10_000), tags])
      return whole([filled(25), varint(601), ...topics, [1, 1, 0]])
    }),
    response('structs of six bytes', apis.AddPartitionsToTxn, 0, () => {
      const topic = [[0, 0], int32(900_000), filled(5.4 * MB, [0, 0, 0, 1, 0, 0])]
      return whole([int32(0), int32(4), ...times(4, topic)])
    }),
    response('as many APIs as an array may have', apis.ApiVersions, 3, () => {
      return whole([[0, 0], varint(1_000_001), filled(7 * MB), [0, 0, 0, 0, 0]])
    }),
    response('partitions of nothing', apis.Fetch, 12, () => {
      const partition = [...new Array(30).fill(0), 1, 0, 0, 0, 0, 2, 7, 0]
      return whole([filled(10), [2, 1], varint(300_001), filled(300_000 * partition.length, partition), [0, 0]])
    }),
  ]
}

/** Streams of which the frames are many, slow or absent. */
export function largeStreams(): LargeInput[] {
  const stream = (title: string, make: () => Buffer, size: number): LargeInput => ({
    title: `FrameSplitter: ${title}`,
    make,
    read: (bytes) => {
      let frames = 0
      const splitter = new FrameSplitter(() => frames++)
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
      return splitter
    },
    // Each chunk is a Buffer, and garbage.
    maxMemoryBytes: (input) => 64 * MB + 4 * input,
  })
  return [
    stream('the smallest frames', () => filled(8 * MB, [0, 0, 0, 4, 1, 2, 3, 4]), 65_536),
    stream('one byte at a time', () => whole([int32(500_000), filled(500_000)]), 1),
    stream('100 MiB that do not come', () => whole([int32(104_857_600), filled(100)]), 65_536),
  ]
}

type Body = (api: AnyApi, version: number, bytes: Buffer) => unknown

function request(title: string, api: AnyApi, version: number, make: () => Buffer): LargeInput {
  return message(`${api.name} request v${version}: ${title}`, decodeRequest as Body, api, version, make)
}

function response(title: string, api: AnyApi, version: number, make: () => Buffer): LargeInput {
  return message(`${api.name} response v${version}: ${title}`, decodeResponse as Body, api, version, make)
}

function message(title: string, decode: Body, api: AnyApi, version: number, make: () => Buffer): LargeInput {
  return {
    title,
    make,
    read: (bytes) => {
      try {
        return decode(api, version, bytes)
      } catch (error) {
        requireDetails(error, bytes)
        if (/does not fit|needed|left over/.test(error.message))
          throw new Error('The input is not made well', { cause: error })
        throw error
      }
    },
    maxMemoryBytes: (input) => TOLERANCE * (DECODED_BYTES + DECODED_BYTES_PER_BYTE * input),
  }
}

type Part = Buffer | readonly number[]

function whole(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(part))))
}

function times(count: number, parts: readonly Part[]): Part[] {
  return Array.from({ length: count }, () => parts).flat()
}

function filled(length: number, pattern: readonly number[] = [0]): Buffer {
  return Buffer.alloc(length, Buffer.from(pattern))
}

function int32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return [...bytes, rest]
}
