import { TimeoutError } from '../errors.ts'
import { MAX_TIMER_MS, monotonicNow } from '../retry.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Settlement } from './settlement.ts'

/** Gives every record an outcome by its deadline. One timer for all batches, which keeps the process alive while there are any. */
export class Expiry {
  readonly #accumulator: Accumulator
  readonly #settlement: Settlement
  readonly #deliveryTimeoutMs: number
  readonly #onExpired: (queue: PartitionQueue) => void
  #timer: NodeJS.Timeout | null = null
  #timerAt = Infinity
  #closed = false

  /** @param onExpired a partition has one batch less */
  constructor(
    accumulator: Accumulator,
    settlement: Settlement,
    deliveryTimeoutMs: number,
    onExpired: (queue: PartitionQueue) => void,
  ) {
    this.#accumulator = accumulator
    this.#settlement = settlement
    this.#deliveryTimeoutMs = deliveryTimeoutMs
    this.#onExpired = onExpired
  }

  /** There is a batch with this deadline. */
  watch(deadline: number): void {
    if (deadline < this.#timerAt) this.#arm(deadline)
    else this.#timer?.ref()
  }

  /** No batch is left: the timer may run out, but holds nobody up. */
  rest(): void {
    this.#timer?.unref()
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #arm(at: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      // After a blocked event loop the answer may lie in the socket already: it is read before anything expires.
      () => setImmediate(() => this.#expire()),
      Math.min(Math.max(0, Math.ceil(at - monotonicNow())), MAX_TIMER_MS),
    )
  }

  #expire(): void {
    if (this.#closed) return
    this.#timerAt = Infinity
    const now = monotonicNow()
    let next = Infinity
    for (const batch of [...this.#accumulator.incomplete]) {
      if (batch.deadline > now) {
        next = Math.min(next, batch.deadline)
        continue
      }
      this.#settlement.expire(batch, this.#error(batch))
      this.#onExpired(batch.queue)
    }
    if (next !== Infinity) this.#arm(next)
  }

  #error(batch: ProducerBatch): TimeoutError {
    const { queue, topic, partition, count, persisted } = batch
    const cause = batch.lastError ?? queue.lastError ?? undefined
    const what = count === 1 ? 'A record' : `${count} records`
    const why = cause === undefined ? '' : `: ${cause.message}`
    return new TimeoutError(
      `${what} for topic '${topic}' partition ${partition} had no outcome within deliveryTimeoutMs ` +
        `(${this.#deliveryTimeoutMs} ms)${why}`,
      { topic, partition, cause, persisted },
    )
  }
}
