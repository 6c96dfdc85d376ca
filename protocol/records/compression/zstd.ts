import zlib from 'node:zlib'
import { DecodeError } from '../../errors.ts'
import { type Codec, malformed, tooLarge } from './codec.ts'
import { zlibCodec } from './zlib-codec.ts'
import { copyTinyFrame, NAME, nextZstdFrame, type ZstdFrame } from './zstd-frames.ts'

const oneFrame = zlibCodec<zlib.ZstdOptions>({
  name: NAME,
  compressSync: zlib.zstdCompressSync,
  compress: zlib.zstdCompress,
  compressOptions: (level) => {
    return level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }
  },
  decompressSync: zlib.zstdDecompressSync,
  decompress: zlib.zstdDecompress,
})

/**
 * Each frame takes a decoder, and as long as 30 KiB of content do. Producers write one frame a batch; only hostile ones
 * write thousands, except tiny ones, which need no decoder.
 */
const MAX_DECODERS = 1000
/** What levels up to 19 ask for when they do not know the size of what they compress, though it be small. */
const USUAL_WINDOW_BYTES = 2 ** 23
/** Level 22's. What asks for more, zstd refuses by itself. */
const MAX_WINDOW_BYTES = 2 ** 27

function decompress(data: Buffer, maxBytes: number): Buffer | Promise<Buffer> {
  // All claims are looked at before any work is done.
  const first = nextZstdFrame(data, 0)
  if (first === null) return Buffer.alloc(0)
  let claimed = 0
  let decoders = 0
  let last = first
  for (let frame: ZstdFrame | null = first; frame !== null; frame = nextZstdFrame(data, frame.end)) {
    claimed += Math.max(0, frame.contentSize, frame.tinySize)
    if (claimed > maxBytes) throw tooLarge(maxBytes)
    checkWindow(frame, maxBytes)
    if (frame.tinySize < 0 && ++decoders > MAX_DECODERS) {
      throw malformed(NAME, `more than ${MAX_DECODERS} frames`, frame.start)
    }
    last = frame
  }
  if (first !== last) {
    return decompressFrames(data, maxBytes).catch((error: unknown) => {
      // A frame is only allowed what those before it have left.
      throw error instanceof DecodeError && error.code === 'MESSAGE_TOO_LARGE' ? tooLarge(maxBytes) : error
    })
  }
  const { start, end, contentSize } = first
  return oneFrame.decompress(data.subarray(start, end), maxBytes, { size: contentSize, start })
}

/** No window need be larger than the content, but a header of six bytes could have 128 MiB allocated. */
function checkWindow({ start, windowSize }: ZstdFrame, maxBytes: number): void {
  const most = Math.max(USUAL_WINDOW_BYTES, 2 ** Math.ceil(Math.log2(maxBytes)))
  if (windowSize <= most || windowSize > MAX_WINDOW_BYTES) return
  throw new DecodeError(`${NAME}: a window of ${windowSize} bytes, where ${maxBytes} are allowed, at byte ${start}`, {
    code: 'MESSAGE_TOO_LARGE',
    position: start,
  })
}

/** One after another, and not on this thread: together they can take long. */
async function decompressFrames(data: Buffer, maxBytes: number): Promise<Buffer> {
  let output = Buffer.allocUnsafeSlow(0)
  let size = 0
  const reserve = (bytes: number): void => {
    if (bytes > maxBytes - size) throw tooLarge(maxBytes)
    if (size + bytes <= output.length) return
    const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(size + bytes, output.length * 2), maxBytes))
    output.copy(larger, 0, 0, size)
    output = larger
  }
  for (let frame = nextZstdFrame(data, 0); frame !== null; frame = nextZstdFrame(data, frame.end)) {
    if (frame.tinySize >= 0) {
      reserve(frame.tinySize)
      copyTinyFrame(data, frame, output, size)
      size += frame.tinySize
      continue
    }
    const { start, end, contentSize } = frame
    const plain = await oneFrame.decompressOffThread(data.subarray(start, end), maxBytes - size, {
      size: contentSize,
      start,
    })
    reserve(plain.length)
    plain.copy(output, size)
    size += plain.length
  }
  return output.subarray(0, size)
}

/** Levels −131072 to 22, default 3. */
export const zstd: Codec = { compress: oneFrame.compress, decompress }
