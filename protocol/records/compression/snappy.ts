import { DecodeError } from '../../errors.ts'
import { type Codec, tooLarge } from './codec.ts'
import { compressSnappyBlock, decompressSnappyElements, readSnappyLength, snappyBlockBound } from './snappy-block.ts'

/**
 * The framing of Java's snappy library (xerial), which Kafka's Java client writes: a header, then blocks with their
 * length in front. Other clients write one bare block, so both are read.
 */
const HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const MAGIC_BYTES = 8
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

interface Block {
  readonly elementsStart: number
  readonly end: number
  readonly length: number
}

function decompress(data: Buffer, maxBytes: number): Buffer {
  // Sizes first, so that the output is allocated once and only after all claims have been checked.
  const blocks = isFramed(data) ? framedBlocks(data) : [block(data, 0, data.length)]
  const total = blocks.reduce((sum, { length }) => sum + length, 0)
  if (total > maxBytes) throw tooLarge(maxBytes)
  const output = Buffer.allocUnsafeSlow(total)
  let at = 0
  for (const { elementsStart, end, length } of blocks) {
    decompressSnappyElements(data, elementsStart, end, output, at, at + length)
    at += length
  }
  return output
}

function isFramed(data: Buffer): boolean {
  return data.length >= HEADER.length && data.compare(HEADER, 0, MAGIC_BYTES, 0, MAGIC_BYTES) === 0
}

function framedBlocks(data: Buffer): Block[] {
  const blocks: Block[] = []
  let at = HEADER.length
  while (at < data.length) {
    if (at + LENGTH_BYTES > data.length) throw malformed(at)
    const length = data.readInt32BE(at)
    const start = at + LENGTH_BYTES
    if (length <= 0 || start + length > data.length) throw malformed(at)
    blocks.push(block(data, start, start + length))
    at = start + length
  }
  return blocks
}

function block(data: Buffer, start: number, end: number): Block {
  return { ...readSnappyLength(data, start, end), end }
}

function malformed(position: number): DecodeError {
  return new DecodeError(`snappy: malformed frame at byte ${position}`, { position })
}

/** Without levels. */
export const snappy: Codec = { compress, decompress }
