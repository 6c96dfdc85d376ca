import { ClosedError, TimeoutError } from '../errors.ts'
import { MAX_TIMER_MS, monotonicNow } from '../retry.ts'

interface Waiter {
  readonly deadline: number
  readonly topic: string
  resolve(): void
  reject(error: Error): void
}

/**
 * The bound on what waits for delivery. Whoever finds it full waits in line; nobody overtakes. The last record to be
 * let in may exceed the limit by what its batch grows.
 */
export class BufferMemory {
  readonly limit: number
  readonly #maxBlockMs: number
  #used = 0
  #closed = false
  readonly #waiters: Waiter[] = []
  #timer: NodeJS.Timeout | null = null

  constructor(limit: number, maxBlockMs: number) {
    this.limit = limit
    this.#maxBlockMs = maxBlockMs
  }

  get available(): number {
    return Math.max(0, this.limit - this.#used)
  }

  get hasRoom(): boolean {
    return this.#used < this.limit && this.#waiters.length === 0
  }

  /** Somebody waits for memory: what can be sent should go. */
  get isShort(): boolean {
    return this.#waiters.length > 0
  }

  charge(bytes: number): void {
    this.#used += bytes
  }

  release(bytes: number): void {
    this.#used -= bytes
    this.#admit()
  }

  /**
   * Waits in line until there is room; the caller must then use it at once.
   * @param sentAt when the record was given to `send`, on the monotonic clock
   * @throws TimeoutError at `maxBlockMs` after that
   */
  room(topic: string, sentAt: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = sentAt + this.#maxBlockMs
      if (this.#closed) reject(closed())
      else if (deadline <= monotonicNow()) reject(this.#timedOut(topic))
      else {
        this.#waiters.push({ deadline, topic, resolve, reject })
        this.#arm()
      }
    })
  }

  close(): void {
    this.#closed = true
    this.#disarm()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed())
  }

  #admit(): void {
    // One at a time: only after it has added its record is it known whether the next one still fits.
    if (this.#used >= this.limit || this.#waiters.length === 0) return
    this.#waiters.shift()!.resolve()
    if (this.#waiters.length === 0) this.#disarm()
  }

  /** Lets the next in line in after the one before has added its record. */
  admitted(): void {
    this.#admit()
  }

  #arm(): void {
    if (this.#timer !== null || this.#waiters.length === 0) return
    const earliest = Math.min(...this.#waiters.map((waiter) => waiter.deadline))
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        // After a blocked event loop the answers that make room may lie in the socket already: they are read first.
        setImmediate(() => {
          this.#expire()
          this.#arm()
        })
      },
      Math.min(Math.max(0, Math.ceil(earliest - monotonicNow())), MAX_TIMER_MS),
    )
  }

  #disarm(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
  }

  #expire(): void {
    const now = monotonicNow()
    for (let i = 0; i < this.#waiters.length; ) {
      const waiter = this.#waiters[i]
      if (waiter.deadline > now) {
        i++
        continue
      }
      this.#waiters.splice(i, 1)
      waiter.reject(this.#timedOut(waiter.topic))
    }
  }

  #timedOut(topic: string): TimeoutError {
    return new TimeoutError(
      `No memory for a record for topic '${topic}' within maxBlockMs (${this.#maxBlockMs} ms): bufferMemory ` +
        `(${this.limit} bytes) is full of records that wait for delivery`,
      { topic, persisted: 'no' },
    )
  }
}

function closed(): ClosedError {
  return new ClosedError('The producer is closed', { persisted: 'no' })
}
