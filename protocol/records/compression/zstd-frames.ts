import { malformed, need } from './codec.ts'
import { skippableEnd } from './skippable-frame.ts'

// The frame format of RFC 8878. `node:zlib` decompresses the first frame and passes over whatever follows it, without
// a word, so the frames are told apart here.

export const NAME = 'zstd'
const MAGIC = 0xfd2fb528
const MAGIC_BYTES = 4
const CHECKSUM_BYTES = 4
const BLOCK_HEADER_BYTES = 3
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CHECKSUM = 0x04
const MIN_WINDOW_LOG = 10
const DICTIONARY_ID = 0x03
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]
const RAW_BLOCK = 0
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3
/** As much fits into any window, and so into any block. */
const TINY_BYTES = 1024

/** A frame of compressed data. */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  readonly blocksStart: number
  /** Memory for what later blocks may refer to. */
  readonly windowSize: number
  /** What it says that it makes; −1 if it does not. */
  readonly contentSize: number
  /** What a tiny frame without compression makes, which {@link copyTinyFrame} can read; −1 for all others. */
  readonly tinySize: number
}

/**
 * The frame at `at`, or the one after the skippable frames there; null at the end of the data.
 * @throws DecodeError if there is something else, or only the beginning of a frame
 */
export function nextZstdFrame(data: Buffer, at: number): ZstdFrame | null {
  let start = at
  while (start < data.length) {
    need(NAME, data, start, MAGIC_BYTES + 1)
    if (data.readUInt32LE(start) === MAGIC) return readFrame(data, start)
    const end = skippableEnd(NAME, data, start)
    if (end === start) throw malformed(NAME, 'no frame', start)
    start = end
  }
  return null
}

function readFrame(data: Buffer, start: number): ZstdFrame {
  const descriptor = data[start + MAGIC_BYTES]
  if ((descriptor & RESERVED) !== 0) throw malformed(NAME, 'a reserved bit', start + MAGIC_BYTES)
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && !singleSegment ? 0 : 1 << sizeFlag
  const sizeAt = start + MAGIC_BYTES + 1 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & DICTIONARY_ID]
  const blocksStart = sizeAt + sizeBytes
  let isPlain = (descriptor & (CHECKSUM | DICTIONARY_ID)) === 0
  let plainSize = 0
  let at = blocksStart
  for (let isLast = false; !isLast; ) {
    need(NAME, data, at, BLOCK_HEADER_BYTES)
    const header = data.readUIntLE(at, BLOCK_HEADER_BYTES)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    if (type === RESERVED_BLOCK) throw malformed(NAME, 'an unknown block', at)
    if (type !== RAW_BLOCK && type !== RLE_BLOCK) isPlain = false
    plainSize += header >>> 3
    at += BLOCK_HEADER_BYTES + (type === RLE_BLOCK ? 1 : header >>> 3)
  }
  const end = at + ((descriptor & CHECKSUM) !== 0 ? CHECKSUM_BYTES : 0)
  need(NAME, data, end, 0)
  const contentSize = readContentSize(data, sizeAt, sizeBytes)
  // One that makes something else than it says is left to `node:zlib`, which refuses it.
  const isTiny = isPlain && plainSize <= TINY_BYTES && (contentSize === -1 || contentSize === plainSize)
  const windowSize = singleSegment ? contentSize : readWindowSize(data[start + MAGIC_BYTES + 1])
  return { start, end, blocksStart, windowSize, contentSize, tinySize: isTiny ? plainSize : -1 }
}

function readWindowSize(descriptor: number): number {
  return 2 ** (MIN_WINDOW_LOG + (descriptor >>> 3)) * (1 + (descriptor & 7) / 8)
}

function readContentSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 0) return -1
  if (bytes === 8) return data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32
  // Two bytes begin where one byte ends.
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

/** Writes what a frame with a `tinySize` makes into `target` at `to`, which must have room for it. */
export function copyTinyFrame(data: Buffer, { blocksStart, end }: ZstdFrame, target: Buffer, to: number): void {
  for (let at = blocksStart; at < end; ) {
    const header = data.readUIntLE(at, BLOCK_HEADER_BYTES)
    const size = header >>> 3
    at += BLOCK_HEADER_BYTES
    if (((header >>> 1) & 3) === RLE_BLOCK) {
      target.fill(data[at], to, to + size)
      at += 1
    } else {
      data.copy(target, to, at, at + size)
      at += size
    }
    to += size
  }
}
