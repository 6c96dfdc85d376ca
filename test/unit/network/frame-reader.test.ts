import { describe, expect, test } from 'vitest'
import { sizePrefixed as frame } from '../../../protocol/frame-splitter.ts'
import { DecodeError } from '../../../src/errors.ts'
import { FrameReader } from '../../../src/network/frame-reader.ts'

const MAX_FRAME_BYTES = 1000

function prefix(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  return bytes
}

/** A reader and the frames that it has handed out. */
function frameReader() {
  const frames: Buffer[] = []
  const reader = new FrameReader('b:9092', MAX_FRAME_BYTES, (frame) => frames.push(frame))
  return { reader, frames }
}

function thrown(action: () => void): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

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
    reader.push(frame(Buffer.alloc(4)))
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
      reader.push(frame(Buffer.alloc(4)))
      expect(thrown(() => reader.push(prefix(length)))).toBeInstanceOf(DecodeError)
    }
  })
})
