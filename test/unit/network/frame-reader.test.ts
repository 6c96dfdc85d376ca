import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../src/errors.ts'
import { FrameReader } from '../../../src/network/frame-reader.ts'
import { seededRandom } from '../seeded-random.ts'

const MAX_FRAME_BYTES = 1000

function frame(body: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + body.length)
  bytes.writeInt32BE(body.length)
  body.copy(bytes, 4)
  return bytes
}

function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  return bytes
}

/** A reader and the frames that it has handed out. */
function frameReader() {
  const frames: Buffer[] = []
  const reader = new FrameReader('b:9092', MAX_FRAME_BYTES, (frame) => frames.push(frame))
  return { reader, frames, hex: () => frames.map((each) => each.toString('hex')) }
}

function thrown(action: () => void): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Bodies that differ in every byte that could be mixed up, from the shortest length to the longest. */
const bodies = [4, 5, 260, 4, 31, MAX_FRAME_BYTES, 7].map((length, n) => {
  return Buffer.from(Array.from({ length }, (_, i) => n * 37 + i))
})
const stream = Buffer.concat(bodies.map(frame))
const expected = bodies.map((body) => body.toString('hex'))

describe('frames', () => {
  test('come whole out of a stream that arrives one byte at a time', () => {
    const { reader, hex } = frameReader()
    for (let i = 0; i < stream.length; i++) reader.push(stream.subarray(i, i + 1))
    expect(hex()).toEqual(expected)
  })

  test('come whole out of two chunks, wherever the cut is', () => {
    const short = Buffer.concat([frame(bodies[0]), frame(bodies[1]), frame(bodies[4])])
    for (let cut = 0; cut <= short.length; cut++) {
      const { reader, hex } = frameReader()
      reader.push(short.subarray(0, cut))
      reader.push(short.subarray(cut))
      expect(hex(), `cut at ${cut}`).toEqual([expected[0], expected[1], expected[4]])
    }
  })

  test.each([1, 2, 3, 4, 5])('come whole out of chunks of any size (seed %i)', (seed) => {
    const random = seededRandom(seed)
    for (let round = 0; round < 50; round++) {
      const { reader, hex } = frameReader()
      const largest = 1 + Math.floor(random() * random() * stream.length)
      const cuts: number[] = []
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + Math.floor(random() * (largest + 1)))
        cuts.push(end)
        // As with sockets, the chunk's memory is another one each time.
        reader.push(Buffer.from(stream.subarray(at, end)))
        at = end
      }
      expect(hex(), `cut at ${cuts}`).toEqual(expected)
    }
  })

  test('are handed out as soon as their last byte is there, not before', () => {
    const { reader, frames } = frameReader()
    const bytes = frame(bodies[1])
    reader.push(bytes.subarray(0, -1))
    expect(frames).toHaveLength(0)
    reader.push(bytes.subarray(-1))
    expect(frames).toHaveLength(1)
  })

  test('within one chunk are views of it, and no copies', () => {
    const { reader, frames } = frameReader()
    const chunk = Buffer.from(Buffer.concat([frame(bodies[0]), frame(bodies[1])]))
    reader.push(chunk)
    expect(frames.map(({ byteOffset }) => byteOffset - chunk.byteOffset)).toEqual([4, 12])
    chunk.fill(0xee)
    expect(frames.every((each) => each.every((byte) => byte === 0xee))).toBe(true)
  })

  test('keep nothing of a chunk whose memory is used again', () => {
    const { reader, frames } = frameReader()
    const chunk = Buffer.from(Buffer.concat([frame(bodies[0]), frame(bodies[1])]))
    reader.push(chunk, true)
    chunk.fill(0xee)
    expect(frames).toEqual(bodies.slice(0, 2))
  })

  test('over several chunks keep nothing of them', () => {
    const { reader, frames } = frameReader()
    const bytes = Buffer.from(frame(bodies[2]))
    reader.push(bytes.subarray(0, 100))
    reader.push(bytes.subarray(100))
    bytes.fill(0xee)
    expect(frames[0].equals(bodies[2])).toBe(true)
  })

  test('after one that the receiver refuses are not handed out', () => {
    const seen: number[] = []
    const reader = new FrameReader('b:9092', MAX_FRAME_BYTES, (each) => {
      seen.push(each.length)
      if (each.length === 5) throw new Error('refused')
    })
    expect(() => reader.push(stream)).toThrow('refused')
    expect(seen).toEqual([4, 5])
  })
})

describe('a stream that begins with something else than a frame', () => {
  const notKafka = { name: 'ConnectionError', code: 'NOT_A_KAFKA_BROKER', retriable: false, broker: 'b:9092' }

  test.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /HTTP/],
    ['a TLS alert', Buffer.from('15030300020246', 'hex'), /TLS.*'ssl'/],
    ['a TLS handshake', Buffer.from('16030300310200', 'hex'), /TLS.*'ssl'/],
    ['the length 0', prefix(0), /0x00000000/],
    ['a length below that of a correlation id', prefix(3), /0x00000003/],
    ['a negative length', prefix(-1), /0xffffffff/],
    ['the least number', prefix(-(2 ** 31)), /0x80000000/],
    ['a length over the limit', prefix(MAX_FRAME_BYTES + 1), /0x000003e9/],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), /0x5353482d/],
  ])('%s', (_, bytes, message) => {
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
      const { reader, frames } = frameReader()
      const error = thrown(() => {
        for (const chunk of chunks) reader.push(chunk)
      })
      expect(error).toMatchObject(notKafka)
      expect((error as Error).message).toMatch(message)
      expect((error as Error).message).toContain('b:9092')
      expect(frames).toHaveLength(0)
    }
  })

  test('is HTTP or TLS even where a frame could be as long', () => {
    for (const bytes of [Buffer.from('HTTP'), Buffer.from('15030100', 'hex'), Buffer.from('16030100', 'hex')]) {
      const reader = new FrameReader('b:9092', 2 ** 31 - 1, () => {})
      expect(thrown(() => reader.push(bytes))).toMatchObject(notKafka)
    }
  })
})

describe('a later frame', () => {
  test.each([0, 3, -1, -(2 ** 31), MAX_FRAME_BYTES + 1, 2 ** 31 - 1])('of %i bytes is a DecodeError', (length) => {
    const { reader, frames } = frameReader()
    reader.push(frame(bodies[0]))
    const error = thrown(() => reader.push(prefix(length)))
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ code: 'DECODE_FAILED', retriable: false, broker: 'b:9092' })
    expect((error as Error).message).toMatch(`${length} bytes`)
    expect((error as Error).message).toMatch(`4 to ${MAX_FRAME_BYTES}`)
    expect(frames).toHaveLength(1)
  })

  test('that looks like HTTP or TLS is a DecodeError too: the peer has spoken Kafka before', () => {
    for (const length of [0x48545450, 0x15030100, 0x16030100]) {
      const { reader } = frameReader()
      reader.push(frame(bodies[0]))
      expect(thrown(() => reader.push(prefix(length)))).toBeInstanceOf(DecodeError)
    }
  })
})
