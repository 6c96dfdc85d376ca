import { type Codec, malformed as malformedIn, need as needIn, tooLarge } from './codec.ts'
import { compressLz4Block, decompressLz4Block, lz4BlockBound } from './lz4-block.ts'
import { skippableEnd } from './skippable-frame.ts'
import { xxhash32 } from './xxhash32.ts'

// The LZ4 frame format 1.6.1. Written as Kafka's Java client does: independent blocks of 64 KiB, no checksums but the header's.

const NAME = 'lz4'
const MAGIC = 0x184d2204
const VERSION = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01
const RESERVED_FLAGS = 0x02
const RESERVED_BLOCK_BITS = 0x8f
const BLOCK_BYTES = 64 * 1024
/** Largest block by the code in the frame's descriptor. */
const MAX_BLOCK_BYTES: Readonly<Record<number, number>> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 }
const UNCOMPRESSED = 0x8000_0000
const LENGTH_BYTES = 4
const HEADER_BYTES = 7
/** The most that a byte of a block can make. */
const MAX_EXPANSION = 255

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

/** What was made so far; it grows as the input is read, never by what the input says about itself. */
interface Output {
  bytes: Buffer
  size: number
  readonly maxBytes: number
}

function decompressFrames(data: Buffer, maxBytes: number, isChecksum: HeaderChecksum): Buffer {
  const output: Output = { bytes: Buffer.allocUnsafe(0), size: 0, maxBytes }
  let at = 0
  // Frames may follow one another.
  do {
    const skipped = skippableEnd(NAME, data, at)
    at = skipped > at ? skipped : decompressFrame(data, readFrameHeader(data, at, isChecksum), output)
  } while (at < data.length)
  return output.bytes.subarray(0, output.size)
}

/** @returns the end of the frame */
function decompressFrame(data: Buffer, frame: Frame, output: Output): number {
  if (frame.contentSize > output.maxBytes - output.size) throw tooLarge(output.maxBytes)
  const frameStart = output.size
  let at = frame.blocksStart
  for (let field = lengthField(data, at); field !== 0; field = lengthField(data, at)) {
    at = decompressBlock(data, at + LENGTH_BYTES, field, frame, frameStart, output)
  }
  at += LENGTH_BYTES
  const size = output.size - frameStart
  if (frame.contentSize >= 0 && frame.contentSize !== size) {
    throw malformed(`${size} bytes instead of the ${frame.contentSize} that were announced`, at)
  }
  if (!frame.contentChecksum) return at
  verify(data, at, () => xxhash32(output.bytes, frameStart, output.size), 'content')
  return at + LENGTH_BYTES
}

/** @returns the end of the block that begins at `at` */
function decompressBlock(
  data: Buffer,
  at: number,
  field: number,
  frame: Frame,
  frameStart: number,
  output: Output,
): number {
  const isPlain = field >= UNCOMPRESSED
  const length = isPlain ? field - UNCOMPRESSED : field
  if (length > frame.maxBlockBytes) throw malformed(`a block of ${length} bytes`, at)
  const end = at + length
  need(data, at, length)
  const left = output.maxBytes - output.size
  // A byte of a block makes at most 255; so little input cannot have much memory allocated.
  makeRoom(output, isPlain ? length : Math.min(frame.maxBlockBytes, length * MAX_EXPANSION))
  if (isPlain) {
    if (length > left) throw tooLarge(output.maxBytes)
    data.copy(output.bytes, output.size, at, end)
    output.size += length
  } else {
    // The block may fill what it may fill and nothing behind it, though the output may have grown beyond.
    const target = output.bytes.subarray(0, output.size + Math.min(frame.maxBlockBytes, left))
    const history = frame.independentBlocks ? output.size : frameStart
    const made = decompressLz4Block(data, at, end, target, output.size, history)
    if (made < 0) {
      throw left < frame.maxBlockBytes
        ? tooLarge(output.maxBytes)
        : malformed('a block that makes more than it may', at)
    }
    output.size = made
  }
  if (!frame.blockChecksum) return end
  verify(data, end, () => xxhash32(data, at, end), 'block')
  return end + LENGTH_BYTES
}

function makeRoom(output: Output, wanted: number): void {
  const room = Math.min(wanted, output.maxBytes - output.size)
  if (output.bytes.length - output.size >= room) return
  const length = Math.min(Math.max(output.size + room, output.bytes.length * 2), output.maxBytes)
  const larger = Buffer.allocUnsafeSlow(length)
  output.bytes.copy(larger, 0, 0, output.size)
  output.bytes = larger
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

function lengthField(data: Buffer, at: number): number {
  need(data, at, LENGTH_BYTES)
  return data.readUInt32LE(at)
}

function verify(data: Buffer, at: number, checksum: () => number, what: string): void {
  need(data, at, LENGTH_BYTES)
  if (data.readUInt32LE(at) !== checksum()) throw malformed(`a wrong ${what} checksum`, at)
}

function need(data: Buffer, at: number, bytes: number): void {
  needIn(NAME, data, at, bytes)
}

function malformed(what: string, position: number): Error {
  return malformedIn(NAME, what, position)
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
