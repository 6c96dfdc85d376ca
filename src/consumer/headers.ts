import { inspect } from 'node:util'

/**
 * The headers of a message, in the order in which they were written; names may occur more than once.
 * Iterating gives `[name, value]`, so `new Map(message.headers)` and `producer.send({ …, headers: message.headers })` work.
 */
export class Headers implements Iterable<[string, Buffer | null]> {
  static readonly none: Headers = new Headers([])
  readonly #entries: ReadonlyArray<[string, Buffer | null]>

  constructor(entries: ReadonlyArray<[string, Buffer | null]>) {
    this.#entries = entries
  }

  /** How many headers there are, repeated names counted each time. */
  get size(): number {
    return this.#entries.length
  }

  has(name: string): boolean {
    return this.#entries.some((entry) => entry[0] === name)
  }

  /** The last value of `name` (as Kafka's `lastHeader`); `undefined` if there is none, `null` if its value is null. */
  get(name: string): Buffer | null | undefined {
    return this.#entries.findLast((entry) => entry[0] === name)?.[1]
  }

  /** All values of `name`, in order. */
  getAll(name: string): Array<Buffer | null> {
    return this.#entries.filter((entry) => entry[0] === name).map((entry) => entry[1])
  }

  *[Symbol.iterator](): Generator<[string, Buffer | null], void, undefined> {
    // Fresh pairs: what a caller does to one must not change the message.
    for (const [name, value] of this.#entries) yield [name, value]
  }

  /** Pairs, with values as UTF-8 text. */
  toJSON(): Array<[string, string | null]> {
    return this.#entries.map(([name, value]) => [name, value === null ? null : value.toString()])
  }

  /** Headers that share no memory with the received block. */
  copy(): Headers {
    return new Headers(this.#entries.map(([name, value]) => [name, value === null ? null : Buffer.from(value)]))
  }

  [inspect.custom](_depth: number, options: object): string {
    return `Headers ${inspect(
      this.#entries.map(([name, value]) => [name, value === null ? null : value.toString()]),
      options,
    )}`
  }
}
