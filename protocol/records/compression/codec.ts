import { DecodeError } from '../../errors.ts'

/** One of Kafka's compressions. */
export interface Codec {
  /**
   * @param level how hard to try, in the codec's own scale; its default if not given. Ignored by codecs without levels
   * @returns a promise only for large data that is compressed off the main thread
   */
  compress(data: Buffer, level?: number): Buffer | Promise<Buffer>
  /**
   * @param maxBytes refuse to make more than this; nothing is allocated on the word of the data alone
   * @returns a promise only for data that is large, or makes much, and is decompressed off the main thread
   * @throws DecodeError with the code `MESSAGE_TOO_LARGE` beyond `maxBytes`, `DECODE_FAILED` on malformed data
   */
  decompress(data: Buffer, maxBytes: number): Buffer | Promise<Buffer>
}

/** @param position in the compressed data */
export function malformed(codec: string, what: string, position: number): DecodeError {
  return new DecodeError(`${codec}: ${what} at byte ${position}`, { position })
}

/** @throws DecodeError if `data` has no `bytes` at `at` */
export function need(codec: string, data: Buffer, at: number, bytes: number): void {
  if (at + bytes > data.length) throw malformed(codec, 'an end in the middle', data.length)
}

export function tooLarge(maxBytes: number): DecodeError {
  return new DecodeError(`it makes more than the ${maxBytes} bytes that are allowed`, { code: 'MESSAGE_TOO_LARGE' })
}
