import { types } from 'node:util'
import { DecodeError, EncodeError } from './errors.ts'
import { asBuffer } from './input-bytes.ts'
import { shown } from './shown.ts'

/** A frame holds at least its correlation id. */
export const MIN_FRAME_BYTES = 4

/** Where brokers, too, draw the line (`socket.request.max.bytes`). */
const DEFAULT_MAX_FRAME_BYTES = 104_857_600

/** Set aside for a stream's first frames on the word of their length alone. Most frames are smaller. */
const BELIEVED_BYTES = 1024 * 1024
/** By how much what is set aside grows, at most, when it is full. */
const GROWTH = 4

export interface FrameSplitterOptions {
  /** The largest frame that is taken, in bytes. Default 104857600 (100 MiB), which is Kafka's own limit for requests. */
  readonly maxFrameBytes?: number
  /**
   * Called with each frame's length, however impossible, before it is judged and memory is set aside for it. What it throws
   * comes out of `push`.
   */
  readonly onLength?: (length: number) => void
}

/**
 * Cuts a TCP stream into frames: each is a four-byte length, then that many bytes. Serves both directions; every direction
 * of every connection needs one of its own.
 *
 * A frame that lies within one chunk is handed out as a view of it; any other is gathered in a buffer of its own, however
 * small the segments are. Lengths are checked before anything is allocated, and a large one is believed only as its bytes
 * come: what is set aside is at most 1 MiB, or as much as the stream's largest frame so far, or four times what there is.
 */
export class FrameSplitter {
  readonly #maxFrameBytes: number
  readonly #onFrame: (frame: Buffer) => void
  readonly #onLength: ((length: number) => void) | undefined
  /** The length prefix as far as it has come, and how many of its four bytes that are. */
  #prefix = 0
  #prefixBytes = 0
  /** The frame that is being gathered, or as much of it as there is room for; how long it is, and how much is there. */
  #frame: Buffer | null = null
  #length = 0
  #filled = 0
  /** Who has sent a frame of this length may announce another. */
  #believed = BELIEVED_BYTES

  /** @param onFrame gets each frame without its length; may throw, which ends the current `push` */
  constructor(onFrame: (frame: Buffer) => void, options: FrameSplitterOptions = {}) {
    this.#onFrame = onFrame
    this.#maxFrameBytes = options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES
    this.#onLength = options.onLength
  }

  /**
   * Takes what came next. After an error the stream cannot be read on.
   * @param reused the chunk's memory will be written again, so that no frame may be a view of it; default false
   * @throws DecodeError if a frame's length is impossible or over the limit, or if it is given no bytes, such as text of a
   *   socket with an encoding
   */
  push(bytes: Uint8Array, reused = false): void {
    const chunk = asBuffer(bytes, 'A chunk')
    let position = 0
    while (position < chunk.length) {
      if (this.#frame !== null) {
        position = this.#fill(this.#frame, chunk, position)
        continue
      }
      if (this.#prefixBytes === 0 && chunk.length - position >= 4) {
        this.#prefix = chunk.readInt32BE(position)
        position += 4
      } else {
        this.#prefix = (this.#prefix << 8) | chunk[position++]
        if (++this.#prefixBytes < 4) continue
      }
      position = this.#begin(this.#prefix, chunk, position, reused)
    }
  }

  /** Starts a frame whose length is known; returns the position after what was used of the chunk. */
  #begin(length: number, chunk: Buffer, position: number, reused: boolean): number {
    this.#prefix = 0
    this.#prefixBytes = 0
    this.#onLength?.(length)
    if (length < MIN_FRAME_BYTES || length > this.#maxFrameBytes) {
      const limits = `allowed are ${MIN_FRAME_BYTES} to ${this.#maxFrameBytes} (maxFrameBytes)`
      throw new DecodeError(`A frame cannot have ${length} bytes; ${limits}`)
    }
    const end = position + length
    if (reused || end > chunk.length) {
      this.#frame = Buffer.allocUnsafe(Math.min(length, this.#believed))
      this.#length = length
      this.#filled = 0
      return position
    }
    this.#onFrame(chunk.subarray(position, end))
    return end
  }

  #fill(frame: Buffer, chunk: Buffer, position: number): number {
    const end = Math.min(chunk.length, position + frame.length - this.#filled)
    chunk.copy(frame, this.#filled, position, end)
    this.#filled += end - position
    if (this.#filled === this.#length) {
      this.#frame = null
      this.#believed = Math.max(this.#believed, this.#length)
      this.#onFrame(frame)
    } else if (this.#filled === frame.length) {
      this.#frame = Buffer.allocUnsafe(Math.min(this.#length, GROWTH * frame.length))
      frame.copy(this.#frame)
    }
    return end
  }
}

/**
 * A frame as it goes over the wire: its length, then its bytes. Copies it.
 * @throws EncodeError if it is no bytes
 */
export function sizePrefixed(frame: Uint8Array): Buffer {
  if (!types.isUint8Array(frame)) {
    throw new EncodeError(`A frame must be a Buffer or Uint8Array, got ${shown(frame)}`)
  }
  const bytes = Buffer.allocUnsafe(4 + frame.length)
  bytes.writeInt32BE(frame.length, 0)
  bytes.set(frame, 4)
  return bytes
}
