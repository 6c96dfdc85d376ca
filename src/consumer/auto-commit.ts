/** Does something at a fixed interval, never twice at the same time, until it is stopped. */
export class AutoCommit {
  readonly #timer: NodeJS.Timeout
  #running = false

  constructor(intervalMs: number, commit: () => Promise<void>) {
    this.#timer = setInterval(() => {
      // A coordinator that is away for longer than the interval must not be flooded when it comes back.
      if (this.#running) return
      this.#running = true
      void commit().finally(() => {
        this.#running = false
      })
    }, intervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
