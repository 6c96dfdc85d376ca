import { FrameSplitter, MIN_FRAME_BYTES } from '../../protocol/frame-splitter.ts'
import { ConnectionError, DecodeError } from '../errors.ts'

/** The first four bytes of what is often found where a Kafka broker was expected, read as a frame's length. */
const HTTP = 0x48545450
const TLS_ALERT = 0x1503
const TLS_HANDSHAKE = 0x1603

/** Cuts what a broker sends into frames, and says who it was if that is not what a Kafka broker sends. */
export class FrameReader {
  readonly #broker: string
  readonly #maxFrameBytes: number
  readonly #splitter: FrameSplitter
  #isFirst = true

  /**
   * @param broker names the peer in errors
   * @param onFrame gets each frame without its length prefix; may throw, which ends the current `push`
   */
  constructor(broker: string, maxFrameBytes: number, onFrame: (frame: Buffer) => void) {
    this.#broker = broker
    this.#maxFrameBytes = maxFrameBytes
    this.#splitter = new FrameSplitter(onFrame, { maxFrameBytes, onLength: (length) => this.#checkLength(length) })
  }

  /**
   * @param reused the chunk's memory will be written again, so that no frame may be a view of it
   * @throws ConnectionError with the code NOT_A_KAFKA_BROKER if the stream starts with something else than a frame
   * @throws DecodeError if a later frame's length is impossible or over the limit
   */
  push(chunk: Buffer, reused = false): void {
    this.#splitter.push(chunk, reused)
  }

  #checkLength(length: number): void {
    if (this.#isFirst) this.#checkIsKafka(length)
    this.#isFirst = false
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
