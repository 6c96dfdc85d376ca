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
  /** This is who delivers now. */
  #delivers = false
  /** Over, or left: nothing is delivered any more. */
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
    if (current !== null && this.#pending === null && this.#untilLook-- > 0 && !this.#interrupted) {
      this.#delivery.asked = true
      current.count()
      const item = current.hasMessage ? this.#take(current) : undefined
      if (item instanceof Promise) return this.#queue(() => this.#nextOf(item))
      if (item !== undefined) return Promise.resolve({ value: item, done: false })
    }
    return this.#queue(() => this.#advance())
  }

  /**
   * Ends the iteration, after a `next()` that is not answered yet; what is in the user's hands, or was on its way there,
   * is not counted as processed.
   */
  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#leave()
    return { value: undefined, done: true }
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    await this.#leave()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#leave()
  }

  get #interrupted(): boolean {
    const { handover, closed, failed } = this.#delivery
    return handover.wanted || closed || failed || this.#signal?.aborted === true
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
  async #nextOf(waiting: Promise<T | undefined>): Promise<IteratorResult<T, undefined>> {
    try {
      const item = await waiting
      if (this.#done || this.#delivery.closed) return this.#finish(false)
      if (item !== undefined) return { value: item, done: false }
    } catch (error) {
      this.#finish(true)
      throw error
    }
    return this.#advance()
  }

  async #advance(): Promise<IteratorResult<T, undefined>> {
    if (this.#done) return { value: undefined, done: true }
    try {
      if (!this.#delivers) {
        this.#delivery.begin(this.#name)
        this.#delivers = true
      }
      for (;;) {
        this.#letGo(true)
        const partition = await this.#delivery.nextPartition({ signal: this.#signal, stopped: () => this.#done })
        if (partition === null) return this.#finish(true)
        this.#current = partition
        const taken = this.#take(partition)
        const item = taken instanceof Promise ? await taken : taken
        if (this.#done || this.#delivery.closed) return this.#finish(false)
        if (item === undefined) continue
        this.#untilLook = ITEMS_BETWEEN_LOOKS
        return { value: item, done: false }
      }
    } catch (error) {
      this.#finish(true)
      throw error
    }
  }

  /** Nothing is in the user's hands any more; it was processed, or goes back. */
  #letGo(processed: boolean): void {
    const current = this.#current
    if (current === null) return
    this.#current = null
    if (processed) current.count()
    else this.#delivery.giveBack(current)
    this.#delivery.handover.release()
  }

  async #leave(): Promise<void> {
    this.#done = true
    if (this.#pending !== null) {
      // One that waits has nobody to deliver to; one that decodes must be done before anybody else may.
      this.#delivery.news.raise()
      await this.#pending.catch(() => {})
    }
    this.#finish(false)
  }

  #finish(processed: boolean): IteratorResult<T, undefined> {
    this.#done = true
    this.#letGo(processed)
    if (this.#delivers) this.#delivery.end()
    this.#delivers = false
    return { value: undefined, done: true }
  }
}
