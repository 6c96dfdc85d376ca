import zlib from 'node:zlib'
import { DecodeError } from '../../errors.ts'
import { type Codec, tooLarge } from './codec.ts'

/**
 * From this size on the work is done in Node's thread pool: it would hold up heartbeats and timers for longer than the
 * way to another thread takes.
 */
const OFF_THREAD_BYTES = 128 * 1024

type Done = (error: Error | null, result: Buffer) => void

/** A codec of `node:zlib`, made of its synchronous and its asynchronous functions. */
function zlibCodec<C, D>(functions: {
  name: string
  compressSync(data: Buffer, options: C): Buffer
  compress(data: Buffer, options: C, done: Done): void
  compressOptions(level: number | undefined): C
  decompressSync(data: Buffer, options: D): Buffer
  decompress(data: Buffer, options: D, done: Done): void
  decompressOptions(maxBytes: number): D
}): Codec {
  const { name } = functions

  function refused(error: unknown, maxBytes: number): DecodeError {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes)
    return new DecodeError(`${name}: ${(error as Error).message}`, { cause: error })
  }

  return {
    compress(data, level) {
      const options = functions.compressOptions(level)
      if (data.length < OFF_THREAD_BYTES) return functions.compressSync(data, options)
      return new Promise((resolve, reject) => {
        functions.compress(data, options, (error, result) => (error === null ? resolve(result) : reject(error)))
      })
    },
    decompress(data, maxBytes) {
      const options = functions.decompressOptions(maxBytes)
      if (data.length < OFF_THREAD_BYTES) {
        try {
          return functions.decompressSync(data, options)
        } catch (error) {
          throw refused(error, maxBytes)
        }
      }
      return new Promise((resolve, reject) => {
        functions.decompress(data, options, (error, result) => {
          if (error === null) resolve(result)
          else reject(refused(error, maxBytes))
        })
      })
    },
  }
}

/** Levels 1 to 9, default 6. */
export const gzip: Codec = zlibCodec<zlib.ZlibOptions, zlib.ZlibOptions>({
  name: 'gzip',
  compressSync: zlib.gzipSync,
  compress: zlib.gzip,
  compressOptions: (level) => (level === undefined ? {} : { level }),
  decompressSync: zlib.gunzipSync,
  decompress: zlib.gunzip,
  decompressOptions: (maxBytes) => ({ maxOutputLength: maxBytes }),
})

/** Levels −131072 to 22, default 3. */
export const zstd: Codec = zlibCodec<zlib.ZstdOptions, zlib.ZstdOptions>({
  name: 'zstd',
  compressSync: zlib.zstdCompressSync,
  compress: zlib.zstdCompress,
  compressOptions: (level) => {
    return level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }
  },
  decompressSync: zlib.zstdDecompressSync,
  decompress: zlib.zstdDecompress,
  decompressOptions: (maxBytes) => ({ maxOutputLength: maxBytes }),
})
