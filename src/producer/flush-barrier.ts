/** Opens when every batch that it was hung on has an outcome. */
export class FlushBarrier {
  readonly opened: Promise<void>
  #remaining = 0
  #open!: () => void

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  add(): void {
    this.#remaining++
  }

  done(): void {
    if (--this.#remaining === 0) this.#open()
  }

  /** Call after the last `add` of the start: with nothing to wait for it is open at once. */
  close(): void {
    if (this.#remaining === 0) this.#open()
  }
}
