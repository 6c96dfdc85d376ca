import { constants } from 'node:buffer'
import { DecodeError } from '../../errors.ts'
import { tooLarge } from './codec.ts'

/**
 * From this size on the work is done in Node's thread pool: it would hold up heartbeats and timers for longer than the
 * way to another thread takes.
 */
const OFF_THREAD_BYTES = 128 * 1024
/** The same for what is made, a millisecond or two of work. A few kilobytes of a bomb make a hundred megabytes. */
const OFF_THREAD_OUTPUT_BYTES = 1024 * 1024
/** What threads make comes in parts of this size: each costs a turn of the event loop, and small ones cost more than the work. */
const OFF_THREAD_CHUNK_BYTES = 1024 * 1024

interface DecompressOptions {
  maxOutputLength: number
  chunkSize?: number
  info: true
}

/** What Node gives with `info`: the declarations know nothing of it. */
interface Decompressed {
  readonly buffer: Buffer
  /** `bytesWritten` are those of the input that were used. */
  readonly engine: { readonly bytesWritten: number }
}

/** What a codec of `node:zlib` is told about data that it decompresses. */
export interface Expectation {
  /** What the data says that it makes; below 0 if it does not. It need not be true. */
  readonly size: number
  /** Where the data begins in what the caller was given, for positions in errors. Default 0. */
  readonly start?: number
}

export interface ZlibCodec {
  compress(data: Buffer, level?: number): Buffer | Promise<Buffer>
  decompress(data: Buffer, maxBytes: number, expected: Expectation): Buffer | Promise<Buffer>
  decompressOffThread(data: Buffer, maxBytes: number, expected: Expectation): Promise<Buffer>
}

/** A codec of `node:zlib`, made of its synchronous and its asynchronous functions. */
export function zlibCodec<C>(functions: {
  name: string
  compressSync(data: Buffer, options: C): Buffer
  compress(data: Buffer, options: C, done: (error: Error | null, result: Buffer) => void): void
  compressOptions(level: number | undefined): C
  decompressSync(data: Buffer, options: DecompressOptions): unknown
  decompress(data: Buffer, options: DecompressOptions, done: (error: Error | null, result: Buffer) => void): void
}): ZlibCodec {
  const { name } = functions

  /** What follows a null byte, or the first frame, is passed over by Node without a word. */
  function whole(data: Buffer, { buffer, engine }: Decompressed, maxBytes: number, { start = 0 }: Expectation): Buffer {
    if (buffer.length > maxBytes) throw tooLarge(maxBytes)
    const end = engine.bytesWritten
    if (end === data.length) return buffer
    const position = start + end
    throw new DecodeError(`${name}: ${data.length - end} bytes after the end, at byte ${position}`, { position })
  }

  /** What an error of `node:zlib` says about the data. */
  function refusal(error: unknown, maxBytes: number, { start = 0 }: Expectation): DecodeError {
    if (error instanceof DecodeError) return error
    if (isTooLarge(error)) return tooLarge(maxBytes)
    return new DecodeError(`${name}: ${(error as Error).message}`, { cause: error, position: start })
  }

  /** @returns null if it makes more than should be made here */
  function decompressAtOnce(data: Buffer, maxBytes: number, expected: Expectation): Buffer | null {
    const most = Math.min(maxBytes, OFF_THREAD_OUTPUT_BYTES)
    try {
      const result = functions.decompressSync(data, optionsFor(most)) as Decompressed
      return whole(data, result, maxBytes, expected)
    } catch (error) {
      if (most < maxBytes && isTooLarge(error)) return null
      throw refusal(error, maxBytes, expected)
    }
  }

  function decompressOffThread(data: Buffer, maxBytes: number, expected: Expectation): Promise<Buffer> {
    const options = { ...optionsFor(maxBytes), chunkSize: OFF_THREAD_CHUNK_BYTES }
    return new Promise((resolve, reject) => {
      functions.decompress(data, options, (error, result) => {
        try {
          if (error !== null) throw error
          resolve(whole(data, result as unknown as Decompressed, maxBytes, expected))
        } catch (refused) {
          reject(refusal(refused, maxBytes, expected))
        }
      })
    })
  }

  return {
    compress(data, level) {
      const options = functions.compressOptions(level)
      if (data.length < OFF_THREAD_BYTES) return functions.compressSync(data, options)
      return new Promise((resolve, reject) => {
        functions.compress(data, options, (error, result) => (error === null ? resolve(result) : reject(error)))
      })
    },
    decompress(data, maxBytes, expected) {
      const size = Math.min(expected.size, maxBytes)
      const isLarge = data.length >= OFF_THREAD_BYTES || size > OFF_THREAD_OUTPUT_BYTES
      const plain = isLarge ? null : decompressAtOnce(data, maxBytes, expected)
      return plain ?? decompressOffThread(data, maxBytes, expected)
    },
    decompressOffThread,
  }
}

function optionsFor(maxBytes: number): DecompressOptions {
  // Node knows no limit of 0, and none beyond what a buffer can be.
  return { maxOutputLength: Math.min(Math.max(1, maxBytes), constants.MAX_LENGTH), info: true }
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}
