import { DecodeError } from '../../errors.ts'
import { type Codec, tooLarge } from './codec.ts'
import { compressLz4Block, decompressLz4Block, lz4BlockBound } from './lz4-block.ts'
import { xxhash32 } from './xxhash32.ts'

// The LZ4 frame format 1.6.1. Written as Kafka's Java client does: independent blocks of 64 KiB, no checksums but the header's.

const MAGIC = 0x184d2204
const VERSION = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01
const BLOCK_BYTES = 64 * 1024
/** Largest block by the code in the frame's descriptor. */
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }
const UNCOMPRESSED = 0x8000_0000
const LENGTH_BYTES = 4
const HEADER_BYTES = 7

const header = Buffer.alloc(HEADER_BYTES)
header.writeUInt32LE(MAGIC, 0)
header[4] = VERSION | INDEPENDENT_BLOCKS
header[5] = 4 << 4
header[6] = headerChecksum(header, 4, 6)

function headerChecksum(frame: Buffer, start: number, end: number): number {
  return (xxhash32(frame, start, end) >>> 8) & 0xff
}

function compress(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES)
  const worst = HEADER_BYTES + blocks * (LENGTH_BYTES + lz4BlockBound(BLOCK_BYTES)) + LENGTH_BYTES
  const frame = Buffer.allocUnsafeSlow(
    Math.min(worst, HEADER_BYTES + lz4BlockBound(data.length) + blocks * 20 + LENGTH_BYTES),
  )
  header.copy(frame)
  let at = HEADER_BYTES
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, data.length)
    const blockStart = at + LENGTH_BYTES
    let blockEnd = compressLz4Block(data, start, end, frame, blockStart)
    let length = blockEnd - blockStart
    if (length >= end - start) {
      length = end - start
      blockEnd = blockStart + length
      data.copy(frame, blockStart, start, end)
      frame.writeUInt32LE((length | UNCOMPRESSED) >>> 0, at)
    } else frame.writeUInt32LE(length, at)
    at = blockEnd
  }
  frame.writeUInt32LE(0, at)
  return frame.subarray(0, at + LENGTH_BYTES)
}

function decompress(data: Buffer, maxBytes: number): Buffer {
  let output: Buffer = Buffer.allocUnsafe(0)
  let written = 0
  let at = 0
  // Frames may follow one another.
  do {
    const frame = readFrameHeader(data, at)
    at = frame.blocksStart
    const frameStart = written
    for (;;) {
      need(data, at, LENGTH_BYTES)
      const lengthField = data.readUInt32LE(at)
      at += LENGTH_BYTES
      if (lengthField === 0) break
      const isPlain = lengthField >= UNCOMPRESSED
      const length = isPlain ? lengthField - UNCOMPRESSED : lengthField
      if (length > frame.maxBlockBytes) throw malformed(`a block of ${length} bytes`, at)
      need(data, at, length + (frame.blockChecksum ? LENGTH_BYTES : 0))
      // A byte of a block makes at most 255; so little input cannot have much memory allocated.
      const room = Math.min(isPlain ? length : Math.min(frame.maxBlockBytes, length * 255), maxBytes - written)
      output = withRoom(output, written, room, maxBytes)
      if (isPlain) {
        if (length > maxBytes - written) throw tooLarge(maxBytes)
        data.copy(output, written, at, at + length)
        written += length
      } else written = readBlock(data, at, length, output, written, frame, frameStart, maxBytes)
      if (frame.blockChecksum) verify(data, at + length, xxhash32(data, at, at + length), 'block')
      at += length + (frame.blockChecksum ? LENGTH_BYTES : 0)
    }
    if (frame.contentChecksum) {
      need(data, at, LENGTH_BYTES)
      verify(data, at, xxhash32(output, frameStart, written), 'content')
      at += LENGTH_BYTES
    }
  } while (at < data.length)
  return output.subarray(0, written)
}

interface Frame {
  readonly independentBlocks: boolean
  readonly blockChecksum: boolean
  readonly contentChecksum: boolean
  readonly maxBlockBytes: number
  readonly blocksStart: number
}

function readFrameHeader(data: Buffer, at: number): Frame {
  need(data, at, HEADER_BYTES)
  if (data.readUInt32LE(at) !== MAGIC) throw malformed('no frame', at)
  const flags = data[at + 4]
  if ((flags & 0xc0) !== VERSION) throw malformed('an unknown version', at + 4)
  if ((flags & DICTIONARY) !== 0) throw malformed('a dictionary, which nobody knows', at + 4)
  const maxBlockBytes = MAX_BLOCK_BYTES[(data[at + 5] >>> 4) & 7]
  if (maxBlockBytes === undefined) throw malformed('an unknown block size', at + 5)
  const end = at + 6 + ((flags & CONTENT_SIZE) !== 0 ? 8 : 0)
  need(data, end, 1)
  if (data[end] !== headerChecksum(data, at + 4, end)) throw malformed('a wrong header checksum', end)
  return {
    independentBlocks: (flags & INDEPENDENT_BLOCKS) !== 0,
    blockChecksum: (flags & BLOCK_CHECKSUM) !== 0,
    contentChecksum: (flags & CONTENT_CHECKSUM) !== 0,
    maxBlockBytes,
    blocksStart: end + 1,
  }
}

function readBlock(
  data: Buffer,
  at: number,
  length: number,
  output: Buffer,
  written: number,
  frame: Frame,
  frameStart: number,
  maxBytes: number,
): number {
  // The block may fill what it may fill and nothing behind it, though the output may have grown beyond.
  const allowed = Math.min(written + frame.maxBlockBytes, maxBytes)
  const target = output.length > allowed ? output.subarray(0, allowed) : output
  const history = frame.independentBlocks ? written : frameStart
  try {
    return decompressLz4Block(data, at, at + length, target, written, history)
  } catch (error) {
    // Out of room because of the limit, or out of what a block may be: with a larger room the two differ.
    throw allowed === maxBytes && allowed - written < frame.maxBlockBytes ? tooLarge(maxBytes) : error
  }
}

function withRoom(output: Buffer, written: number, room: number, maxBytes: number): Buffer {
  if (output.length - written >= room) return output
  const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(written + room, output.length * 2), maxBytes))
  output.copy(larger, 0, 0, written)
  return larger
}

function verify(data: Buffer, at: number, actual: number, what: string): void {
  if (data.readUInt32LE(at) !== actual) throw malformed(`a wrong ${what} checksum`, at)
}

function need(data: Buffer, at: number, bytes: number): void {
  if (at + bytes > data.length) throw malformed('an end in the middle', data.length)
}

function malformed(what: string, position: number): DecodeError {
  return new DecodeError(`lz4: ${what} at byte ${position}`, { position })
}

/** Without levels. */
export const lz4: Codec = { compress, decompress }
