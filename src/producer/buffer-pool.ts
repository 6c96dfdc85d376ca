const SMALLEST = 1024

/**
 * Memory of finished batches for new ones, in powers of two. Whoever gives a buffer back vouches that nobody reads
 * it any more: the socket has written it, and its request was answered (CVE-2026-35554 is what happens otherwise).
 */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>()
  readonly #maxBytes: number
  #bytes = 0

  /** @param maxBytes most memory that it keeps */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A buffer of at least `bytes`. */
  take(bytes: number): Buffer {
    const size = sizeClass(bytes)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size)
    this.#bytes -= size
    return buffer
  }

  give(buffer: Buffer): void {
    const size = buffer.length
    if (size !== sizeClass(size) || this.#bytes + size > this.#maxBytes) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
    this.#bytes += size
  }
}

function sizeClass(bytes: number): number {
  return bytes <= SMALLEST ? SMALLEST : 2 ** Math.ceil(Math.log2(bytes))
}
