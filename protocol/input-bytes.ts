import { types } from 'node:util'
import { DecodeError } from './errors.ts'
import { shown } from './shown.ts'

/**
 * Bytes that somebody handed in, as the Buffer that everything here reads: a plain Uint8Array has some of the same methods,
 * which give other answers. Nothing is copied.
 * @param what the bytes are, for the error
 * @throws DecodeError on anything else, such as text in hex
 */
export function asBuffer(bytes: Uint8Array, what: string): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  if (types.isUint8Array(bytes)) {
    const plain: Uint8Array = bytes
    return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength)
  }
  throw new DecodeError(`${what} must be a Buffer or Uint8Array, got ${shown(bytes)}`)
}
