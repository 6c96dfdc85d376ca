import { MAX_TIMER_MS } from '../retry.ts'

/** Lets one loop sleep until something happens; what happens while it is awake is not missed. */
export class Wakeup {
  #raised = false
  #resolve: (() => void) | null = null
  #waiting: Promise<void> | null = null

  /** Wakes whoever waits, or makes the next wait return at once. */
  raise(): void {
    if (this.#resolve === null) {
      this.#raised = true
      return
    }
    const resolve = this.#resolve
    this.#resolve = null
    this.#waiting = null
    resolve()
  }

  /** Resolves at the next `raise()`, at once if there was one since the last wait, or after `timeoutMs`. */
  async wait(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#raised) {
      this.#raised = false
      return
    }
    this.#waiting ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    if (timeoutMs === Number.POSITIVE_INFINITY) return this.#waiting
    const timer = setTimeout(() => this.raise(), Math.min(timeoutMs, MAX_TIMER_MS))
    try {
      await this.#waiting
    } finally {
      clearTimeout(timer)
    }
  }
}
