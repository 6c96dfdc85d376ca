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
const RESERVED_FLAGS = 0x02
const RESERVED_BLOCK_BITS = 0x8f
/** Frames whose content is nobody's business; the last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50
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

type HeaderChecksum = (frame: Buffer, start: number, end: number) => boolean

const isRightChecksum: HeaderChecksum = (frame, start, end) => frame[end] === headerChecksum(frame, start, end)

/** Messages of format 0 have the checksum of the magic number, too (KAFKA-3160), unless somebody wrote the right one. */
const isOldChecksum: HeaderChecksum = (frame, start, end) =>
  frame[end] === headerChecksum(frame, start - LENGTH_BYTES, end) || isRightChecksum(frame, start, end)

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

function decompressFrames(data: Buffer, maxBytes: number, isChecksum: HeaderChecksum): Buffer {
  let output: Buffer = Buffer.allocUnsafe(0)
  let written = 0
  let at = 0
  // Frames may follow one another.
  do {
    const skipped = skippableEnd(data, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    const frame = readFrameHeader(data, at, isChecksum)
    at = frame.blocksStart
    if (frame.contentSize > maxBytes - written) throw tooLarge(maxBytes)
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
    if (frame.contentSize >= 0 && frame.contentSize !== written - frameStart) {
      throw malformed(`${written - frameStart} bytes instead of the ${frame.contentSize} that were announced`, at)
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
  /** −1 if it was not said. */
  readonly contentSize: number
  readonly blocksStart: number
}

/** The end of the skippable frame at `at`; `at` if there is none. */
function skippableEnd(data: Buffer, at: number): number {
  need(data, at, LENGTH_BYTES)
  if ((data.readUInt32LE(at) & ~0x0f) >>> 0 !== SKIPPABLE_MAGIC) return at
  need(data, at + LENGTH_BYTES, LENGTH_BYTES)
  const start = at + 2 * LENGTH_BYTES
  const length = data.readUInt32LE(at + LENGTH_BYTES)
  need(data, start, length)
  return start + length
}

function readFrameHeader(data: Buffer, at: number, isChecksum: HeaderChecksum): Frame {
  need(data, at, HEADER_BYTES)
  if (data.readUInt32LE(at) !== MAGIC) throw malformed('no frame', at)
  const flags = data[at + 4]
  if ((flags & 0xc0) !== VERSION) throw malformed('an unknown version', at + 4)
  if ((flags & DICTIONARY) !== 0) throw malformed('a dictionary, which nobody knows', at + 4)
  if ((flags & RESERVED_FLAGS) !== 0 || (data[at + 5] & RESERVED_BLOCK_BITS) !== 0) {
    throw malformed('reserved bits', at + 4)
  }
  const maxBlockBytes = MAX_BLOCK_BYTES[(data[at + 5] >>> 4) & 7]
  if (maxBlockBytes === undefined) throw malformed('an unknown block size', at + 5)
  const hasSize = (flags & CONTENT_SIZE) !== 0
  const end = at + 6 + (hasSize ? 8 : 0)
  need(data, end, 1)
  if (!isChecksum(data, at + 4, end)) throw malformed('a wrong header checksum', end)
  return {
    independentBlocks: (flags & INDEPENDENT_BLOCKS) !== 0,
    blockChecksum: (flags & BLOCK_CHECKSUM) !== 0,
    contentChecksum: (flags & CONTENT_CHECKSUM) !== 0,
    maxBlockBytes,
    contentSize: hasSize ? data.readUInt32LE(at + 6) + data.readUInt32LE(at + 10) * 2 ** 32 : -1,
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
  const end = decompressLz4Block(data, at, at + length, target, written, history)
  if (end >= 0) return end
  throw allowed < written + frame.maxBlockBytes
    ? tooLarge(maxBytes)
    : malformed('a block that makes more than it may', at)
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
export const lz4: Codec = {
  compress,
  decompress: (data, maxBytes) => decompressFrames(data, maxBytes, isRightChecksum),
}

/** As messages of format 0 have it: with the wrong checksum of the header, or the right one. */
export function decompressOldLz4(data: Buffer, maxBytes: number): Buffer {
  return decompressFrames(data, maxBytes, isOldChecksum)
}
