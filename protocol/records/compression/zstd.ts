import { Readable } from 'node:stream'
import zlib from 'node:zlib'
import { type Codec, tooLarge } from './codec.ts'
import { refusedByZlib, zlibCodec } from './zlib-codec.ts'
import { nextZstdFrame, type ZstdFrame } from './zstd-frames.ts'

const oneFrame: Codec = zlibCodec<zlib.ZstdOptions>({
  name: 'zstd',
  compressSync: zlib.zstdCompressSync,
  compress: zlib.zstdCompress,
  compressOptions: (level) => {
    return level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }
  },
  decompressSync: zlib.zstdDecompressSync,
  decompress: zlib.zstdDecompress,
})

function decompress(data: Buffer, maxBytes: number): Buffer | Promise<Buffer> {
  // All claims are looked at before any work is done.
  const first = nextZstdFrame(data, 0)
  if (first === null) return Buffer.alloc(0)
  let claimed = 0
  let last = first
  for (let frame: ZstdFrame | null = first; frame !== null; frame = nextZstdFrame(data, frame.end)) {
    claimed += Math.max(0, frame.contentSize)
    if (claimed > maxBytes) throw tooLarge(maxBytes)
    last = frame
  }
  return first === last
    ? oneFrame.decompress(data.subarray(first.start, first.end), maxBytes)
    : decompressFrames(data, maxBytes)
}

/**
 * One decoder, which is given one frame after another: a decoder for each would take long for tiny ones, and hold up all
 * else meanwhile.
 */
function decompressFrames(data: Buffer, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let output = Buffer.allocUnsafeSlow(0)
    let size = 0
    const decoder = zlib.createZstdDecompress()
    const frames = Readable.from(eachFrame(data))
    const fail = (error: unknown): void => {
      frames.destroy()
      decoder.destroy()
      reject(refusedByZlib('zstd', error, maxBytes))
    }
    decoder.on('data', (chunk: Buffer) => {
      if (chunk.length > maxBytes - size) {
        fail(tooLarge(maxBytes))
        return
      }
      if (size + chunk.length > output.length) {
        const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(size + chunk.length, output.length * 2), maxBytes))
        output.copy(larger, 0, 0, size)
        output = larger
      }
      chunk.copy(output, size)
      size += chunk.length
    })
    decoder.once('end', () => resolve(output.subarray(0, size)))
    decoder.once('error', fail)
    frames.pipe(decoder)
  })
}

function* eachFrame(data: Buffer): Generator<Buffer, void, undefined> {
  for (let frame = nextZstdFrame(data, 0); frame !== null; frame = nextZstdFrame(data, frame.end)) {
    yield data.subarray(frame.start, frame.end)
  }
}

/** Levels −131072 to 22, default 3. */
export const zstd: Codec = { compress: oneFrame.compress, decompress }
