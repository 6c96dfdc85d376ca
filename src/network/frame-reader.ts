import { ConnectionError, DecodeError } from '../errors.ts'

/** A response holds at least its correlation id. */
const MIN_FRAME_BYTES = 4

/** The first four bytes of what is often found where a Kafka broker was expected, read as a frame's length. */
const HTTP = 0x48545450
const TLS_ALERT = 0x1503
const TLS_HANDSHAKE = 0x1603

/**
 * Cuts a stream of chunks into frames: each is a four-byte length, then that many bytes.
 *
 * A frame that lies within one chunk is handed out as a view of it; any other is gathered in a buffer of its own, so
 * that every byte is copied at most once, however small the segments are. Lengths are checked before anything is allocated.
 */
export class FrameReader {
  readonly #broker: string
  readonly #maxFrameBytes: number
  readonly #onFrame: (frame: Buffer) => void
  #isFirst = true
  /** The length prefix as far as it has come, and how many of its four bytes that are. */
  #prefix = 0
  #prefixBytes = 0
  /** The frame that is being gathered, and how much of it is there. */
  #frame: Buffer | null = null
  #filled = 0

  /**
   * @param broker names the peer in errors
   * @param onFrame gets each frame without its length prefix; may throw, which ends the current `push`
   */
  constructor(broker: string, maxFrameBytes: number, onFrame: (frame: Buffer) => void) {
    this.#broker = broker
    this.#maxFrameBytes = maxFrameBytes
    this.#onFrame = onFrame
  }

  /**
   * @param reused the chunk's memory will be written again, so that no frame may be a view of it
   * @throws ConnectionError with the code NOT_A_KAFKA_BROKER if the stream starts with something else than a frame
   * @throws DecodeError if a later frame's length is impossible or over the limit
   */
  push(chunk: Buffer, reused = false): void {
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
    this.#checkLength(length)
    this.#isFirst = false
    const end = position + length
    if (reused || end > chunk.length) {
      this.#frame = Buffer.allocUnsafe(length)
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
    if (this.#filled === frame.length) {
      this.#frame = null
      this.#onFrame(frame)
    }
    return end
  }

  #checkLength(length: number): void {
    if (this.#isFirst) this.#checkIsKafka(length)
    if (length < MIN_FRAME_BYTES || length > this.#maxFrameBytes) {
      const limits = `allowed are ${MIN_FRAME_BYTES} to ${this.#maxFrameBytes} (maxFrameBytes)`
      throw new DecodeError(`${this.#broker} announced a response of ${length} bytes; ${limits}`, {
        broker: this.#broker,
      })
    }
  }

  #checkIsKafka(length: number): void {
    const other = otherProtocol(length)
    if (other === null && length >= MIN_FRAME_BYTES && length <= this.#maxFrameBytes) return
    const found = other ?? `sent ${describePrefix(length)} where a response was expected`
    throw new ConnectionError(`${this.#broker} is not a Kafka broker that can be read: it ${found}`, {
      code: 'NOT_A_KAFKA_BROKER',
      retriable: false,
      broker: this.#broker,
    })
  }
}

/** What speaks when a stream starts with these four bytes, or null if nothing is recognised. */
function otherProtocol(prefix: number): string | null {
  if (prefix === HTTP) return 'answered in HTTP'
  const recordType = prefix >>> 16
  if (recordType === TLS_ALERT || recordType === TLS_HANDSHAKE) {
    return "answered in TLS on a connection without it; does this listener need the option 'ssl'?"
  }
  return null
}

function describePrefix(prefix: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(prefix)
  return `the bytes 0x${bytes.toString('hex')}`
}
