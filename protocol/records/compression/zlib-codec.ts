import { constants } from 'node:buffer'
import { DecodeError } from '../../errors.ts'
import { type Codec, tooLarge } from './codec.ts'

/**
 * From this size on the work is done in Node's thread pool: it would hold up heartbeats and timers for longer than the
 * way to another thread takes.
 */
const OFF_THREAD_BYTES = 128 * 1024

interface DecompressOptions {
  maxOutputLength: number
  info: true
}

/** What Node gives with `info`: the declarations know nothing of it. */
interface Decompressed {
  readonly buffer: Buffer
  /** `bytesWritten` are those of the input that were used. */
  readonly engine: { readonly bytesWritten: number }
}

/** A codec of `node:zlib`, made of its synchronous and its asynchronous functions. */
export function zlibCodec<C>(functions: {
  name: string
  compressSync(data: Buffer, options: C): Buffer
  compress(data: Buffer, options: C, done: (error: Error | null, result: Buffer) => void): void
  compressOptions(level: number | undefined): C
  decompressSync(data: Buffer, options: DecompressOptions): unknown
  decompress(data: Buffer, options: DecompressOptions, done: (error: Error | null, result: Buffer) => void): void
}): Codec {
  const { name } = functions

  /** What follows a null byte, or the first frame, is passed over by Node without a word. */
  function whole(data: Buffer, { buffer, engine }: Decompressed, maxBytes: number): Buffer {
    if (buffer.length > maxBytes) throw tooLarge(maxBytes)
    const position = engine.bytesWritten
    if (position === data.length) return buffer
    throw new DecodeError(`${name}: ${data.length - position} bytes after the end, at byte ${position}`, { position })
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
      // Node knows no limit of 0, and none beyond what a buffer can be.
      const maxOutputLength = Math.min(Math.max(1, maxBytes), constants.MAX_LENGTH)
      const options: DecompressOptions = { maxOutputLength, info: true }
      if (data.length < OFF_THREAD_BYTES) {
        try {
          return whole(data, functions.decompressSync(data, options) as Decompressed, maxBytes)
        } catch (error) {
          throw refusedByZlib(name, error, maxBytes)
        }
      }
      return new Promise((resolve, reject) => {
        functions.decompress(data, options, (error, result) => {
          try {
            if (error !== null) throw error
            resolve(whole(data, result as unknown as Decompressed, maxBytes))
          } catch (refusal) {
            reject(refusedByZlib(name, refusal, maxBytes))
          }
        })
      })
    },
  }
}

/** What an error of `node:zlib` says about the data. */
export function refusedByZlib(name: string, error: unknown, maxBytes: number): DecodeError {
  if (error instanceof DecodeError) return error
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes)
  return new DecodeError(`${name}: ${(error as Error).message}`, { cause: error })
}
