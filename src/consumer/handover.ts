import type { Wakeup } from './wakeup.ts'

/**
 * Keeps a rebalance from taking partitions away under the user's hands.
 *
 * Whoever delivers messages holds this while the user's code works on them; whoever wants to take partitions away asks,
 * waits until nobody holds it, and nothing is delivered until it lets go.
 */
export class Handover {
  readonly #news: Wakeup
  #holders = 0
  #requests = 0
  #granted: Array<() => void> = []

  /** @param news raised when somebody asks, and when nobody does any more, so that idle deliverers notice */
  constructor(news: Wakeup) {
    this.#news = news
  }

  /** Somebody asks: whoever delivers messages shall stop as soon as the one in hand is done. */
  get wanted(): boolean {
    return this.#requests > 0
  }

  /** The user's code has messages in hand. */
  get held(): boolean {
    return this.#holders > 0
  }

  /** Messages go out to the user's code. Not while `wanted`. */
  hold(): void {
    this.#holders++
  }

  /** The user's code is done with them, or they were taken back. */
  release(): void {
    this.#holders--
    this.#grant()
  }

  /** Does something while the user's code has nothing in hand; waits for that as long as it takes. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#requests++
    this.#news.raise()
    try {
      while (this.#holders > 0) await new Promise<void>((resolve) => this.#granted.push(resolve))
      return await work()
    } finally {
      this.#requests--
      if (!this.wanted) this.#news.raise()
    }
  }

  #grant(): void {
    if (this.#holders === 0) for (const resolve of this.#granted.splice(0)) resolve()
  }
}
