import { type Codec, malformed, tooLarge } from './codec.ts'
import { compressSnappyBlock, decompressSnappyElements, readSnappyLength, snappyBlockBound } from './snappy-block.ts'

/**
 * The framing of Java's snappy library (xerial), which Kafka's Java client writes: a header, then blocks with their
 * length in front. Other clients write one bare block, so both are read.
 */
const HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const MAGIC_BYTES = 8
/** Behind the version: the oldest one that can read the stream. */
const COMPATIBLE_VERSION = 12
const BLOCK_BYTES = 32 * 1024
const LENGTH_BYTES = 4

function compress(data: Buffer): Buffer {
  const blocks = Math.ceil(data.length / BLOCK_BYTES)
  const bound = HEADER.length + blocks * LENGTH_BYTES + blocks * 33 + snappyBlockBound(data.length)
  const frame = Buffer.allocUnsafeSlow(bound)
  HEADER.copy(frame)
  let at = HEADER.length
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    const blockStart = at + LENGTH_BYTES
    const blockEnd = compressSnappyBlock(data, start, Math.min(start + BLOCK_BYTES, data.length), frame, blockStart)
    frame.writeInt32BE(blockEnd - blockStart, at)
    at = blockEnd
  }
  return frame.subarray(0, at)
}

function decompress(data: Buffer, maxBytes: number): Buffer {
  // Sizes first, so that the output is allocated once and only after all claims have been checked.
  const total = isHeader(data, 0) ? visitBlocks(data, ignore) : readSnappyLength(data, 0, data.length).length
  if (total > maxBytes) throw tooLarge(maxBytes)
  const output = Buffer.allocUnsafeSlow(total)
  if (isHeader(data, 0)) {
    let at = 0
    visitBlocks(data, (start, end, length) => {
      decompressSnappyElements(data, start, end, output, at, at + length)
      at += length
    })
  } else
    decompressSnappyElements(data, readSnappyLength(data, 0, data.length).elementsStart, data.length, output, 0, total)
  return output
}

type BlockVisitor = (elementsStart: number, end: number, length: number) => void

const ignore: BlockVisitor = () => {}

function isHeader(data: Buffer, at: number): boolean {
  return data.length - at >= HEADER.length && data.compare(HEADER, 0, MAGIC_BYTES, at, at + MAGIC_BYTES) === 0
}

/** Goes through the blocks, without a list of them: tiny ones would make it larger than the data. Returns what they make. */
function visitBlocks(data: Buffer, visit: BlockVisitor): number {
  let total = 0
  let at = 0
  while (at < data.length) {
    // Streams that follow one another are one, to Java's library.
    if (isHeader(data, at)) {
      if (data.readInt32BE(at + COMPATIBLE_VERSION) < 1) throw malformedFrame(at + COMPATIBLE_VERSION)
      at += HEADER.length
      continue
    }
    if (at + LENGTH_BYTES > data.length) throw malformedFrame(at)
    const size = data.readInt32BE(at)
    const start = at + LENGTH_BYTES
    const end = start + size
    if (size <= 0 || end > data.length) throw malformedFrame(at)
    const { length, elementsStart } = readSnappyLength(data, start, end)
    visit(elementsStart, end, length)
    total += length
    at = end
  }
  return total
}

function malformedFrame(position: number): Error {
  return malformed('snappy', 'malformed frame', position)
}

/** Without levels. */
export const snappy: Codec = { compress, decompress }
