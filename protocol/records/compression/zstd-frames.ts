import { DecodeError } from '../../errors.ts'

// The frame format of RFC 8878. `node:zlib` decompresses the first frame and passes over whatever follows it, without
// a word, so the frames are told apart here.

const MAGIC = 0xfd2fb528
/** Frames whose content is nobody's business; the last four bits are free. */
const SKIPPABLE_MAGIC = 0x184d2a50
const MAGIC_BYTES = 4
const CHECKSUM_BYTES = 4
const BLOCK_HEADER_BYTES = 3
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CHECKSUM = 0x04
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3

/** A frame of compressed data. */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  /** What it says that it makes; −1 if it does not. */
  readonly contentSize: number
}

/**
 * The frame at `at`, or the one after the skippable frames there; null at the end of the data.
 * @throws DecodeError if there is something else, or only the beginning of a frame
 */
export function nextZstdFrame(data: Buffer, at: number): ZstdFrame | null {
  let start = at
  while (start < data.length) {
    need(data, start, MAGIC_BYTES + 1)
    const magic = data.readUInt32LE(start)
    if (magic === MAGIC) return readFrame(data, start)
    if ((magic & ~0x0f) >>> 0 !== SKIPPABLE_MAGIC) throw malformed('no frame', start)
    need(data, start + MAGIC_BYTES, 4)
    const length = data.readUInt32LE(start + MAGIC_BYTES)
    need(data, start + MAGIC_BYTES + 4, length)
    start += MAGIC_BYTES + 4 + length
  }
  return null
}

function readFrame(data: Buffer, start: number): ZstdFrame {
  const descriptor = data[start + MAGIC_BYTES]
  if ((descriptor & RESERVED) !== 0) throw malformed('a reserved bit', start + MAGIC_BYTES)
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && !singleSegment ? 0 : 1 << sizeFlag
  const sizeAt = start + MAGIC_BYTES + 1 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3]
  let at = sizeAt + sizeBytes
  for (let isLast = false; !isLast; ) {
    need(data, at, BLOCK_HEADER_BYTES)
    const header = data.readUIntLE(at, BLOCK_HEADER_BYTES)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    if (type === RESERVED_BLOCK) throw malformed('an unknown block', at)
    at += BLOCK_HEADER_BYTES + (type === RLE_BLOCK ? 1 : header >>> 3)
  }
  const end = at + ((descriptor & CHECKSUM) !== 0 ? CHECKSUM_BYTES : 0)
  need(data, end, 0)
  return { start, end, contentSize: contentSize(data, sizeAt, sizeBytes) }
}

function contentSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 0) return -1
  if (bytes === 8) return data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32
  // Two bytes begin where one byte ends.
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function need(data: Buffer, at: number, bytes: number): void {
  if (at + bytes > data.length) throw malformed('an end in the middle', data.length)
}

function malformed(what: string, position: number): DecodeError {
  return new DecodeError(`zstd: ${what} at byte ${position}`, { position })
}
