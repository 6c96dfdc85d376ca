import { MAX_TIMER_MS, monotonicNow } from '../retry.ts'

/** How long a `close()` may take. Whoever asks again can only make it shorter. */
export class ClosingTime {
  readonly up: Promise<void>
  #end!: () => void
  #at = Infinity
  #timer: NodeJS.Timeout | undefined

  constructor() {
    this.up = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  limit(timeoutMs: number): void {
    const at = monotonicNow() + timeoutMs
    if (at >= this.#at) return
    this.#at = at
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#end, Math.min(timeoutMs, MAX_TIMER_MS))
  }

  /** It is closed: nobody needs the time any more. */
  clear(): void {
    this.#at = -Infinity
    clearTimeout(this.#timer)
  }
}
