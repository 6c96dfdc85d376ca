import type { Delivery } from './delivery.ts'
import type { AssignedPartition } from './partitions.ts'

/** Takes what one `next()` delivers from a partition that has messages at hand; nothing if it has none any more. */
export type Take<T> = (partition: AssignedPartition) => T | undefined | Promise<T | undefined>

/** Between two looks at the clock this many items are delivered without one; they cost a promise each and nothing else. */
const ITEMS_BETWEEN_LOOKS = 32

/**
 * What `for await` runs on. Asking for the next item counts the one before as processed; leaving the loop in any other
 * way does not, and the item is delivered again to whoever iterates next.
 */
export class DeliveryIterator<T, K, V> implements AsyncIterableIterator<T> {
  readonly #delivery: Delivery<K, V>
  readonly #take: Take<T>
  readonly #signal: AbortSignal | undefined
  /** Where the item in the user's hands came from. */
  #current: AssignedPartition | null = null
  /** A `next()` that is not answered yet; another one has to wait for it. */
  #pending: Promise<IteratorResult<T, undefined>> | null = null
  #untilLook = 0
  #begun = false
  #done = false
  readonly #name: string

  constructor(delivery: Delivery<K, V>, name: string, take: Take<T>, signal?: AbortSignal) {
    this.#delivery = delivery
    this.#name = name
    this.#take = take
    this.#signal = signal
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const current = this.#current
    if (current !== null && this.#pending === null && this.#untilLook-- > 0 && !this.#delivery.handover.wanted) {
      this.#delivery.asked = true
      current.count()
      const item = current.hasMessage ? this.#take(current) : undefined
      if (item instanceof Promise) return this.#queue(() => this.#nextOf(current, item))
      if (item !== undefined) return Promise.resolve({ value: item, done: false })
    }
    return this.#queue(() => this.#advance())
  }

  /** Ends the iteration; what is in the user's hands is not counted as processed. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#finish(false)
    return { value: undefined, done: true }
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#finish(false)
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish(false)
  }

  /** One after another, also for callers that do not wait for an answer before they ask again. */
  #queue(step: () => Promise<IteratorResult<T, undefined>>): Promise<IteratorResult<T, undefined>> {
    const answer = this.#pending === null ? step() : this.#pending.then(step, step)
    const settled = (): void => {
      if (this.#pending === answer) this.#pending = null
    }
    this.#pending = answer
    answer.then(settled, settled)
    return answer
  }

  /** An item that takes time; in the end there may be none. */
  async #nextOf(partition: AssignedPartition, waiting: Promise<T | undefined>): Promise<IteratorResult<T, undefined>> {
    try {
      const item = await waiting
      if (item !== undefined && partition === this.#current) return { value: item, done: false }
    } catch (error) {
      this.#finish(true)
      throw error
    }
    return this.#advance()
  }

  async #advance(): Promise<IteratorResult<T, undefined>> {
    if (this.#done) return { value: undefined, done: true }
    try {
      if (!this.#begun) {
        this.#delivery.begin(this.#name)
        this.#begun = true
      }
      this.#letGo(true)
      for (;;) {
        const partition = await this.#delivery.nextPartition({ signal: this.#signal, stopped: () => this.#done })
        if (partition === null) break
        const taken = this.#take(partition)
        const item = taken instanceof Promise ? await taken : taken
        if (item === undefined) continue
        if (this.#done) {
          partition.rewind()
          break
        }
        this.#current = partition
        this.#untilLook = ITEMS_BETWEEN_LOOKS
        this.#delivery.handover.hold()
        return { value: item, done: false }
      }
    } catch (error) {
      this.#finish(true)
      throw error
    }
    this.#finish(true)
    return { value: undefined, done: true }
  }

  /** Nothing is in the user's hands any more; it was processed, or goes back. */
  #letGo(processed: boolean): void {
    const current = this.#current
    if (current === null) return
    this.#current = null
    if (processed) current.count()
    else current.rewind()
    this.#delivery.handover.release()
  }

  #finish(processed: boolean): void {
    if (this.#done) return
    this.#done = true
    this.#letGo(processed)
    if (!this.#begun) return
    this.#delivery.end()
    // A `next()` that still waits has nobody to deliver to.
    this.#delivery.news.raise()
  }
}
