/** Answered entries are cut off the array once there are this many, and they are at least half of it. */
const COMPACT_AT = 64

/** First in, first out: one array with an index at either end, so that taking from the front does not move the rest. */
export class InFlightQueue<T> {
  #entries: Array<T | undefined> = []
  #head = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  push(entry: T): void {
    this.#entries.push(entry)
  }

  shift(): T | undefined {
    if (this.#head === this.#entries.length) return undefined
    const entry = this.#entries[this.#head]
    this.#entries[this.#head++] = undefined
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0
      this.#head = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#head)
      this.#head = 0
    }
    return entry
  }

  /** Takes everything out, in order. */
  drain(): T[] {
    const entries = this.#entries.slice(this.#head) as T[]
    this.#entries = []
    this.#head = 0
    return entries
  }

  *[Symbol.iterator](): Generator<T> {
    for (let index = this.#head; index < this.#entries.length; index++) yield this.#entries[index] as T
  }
}
