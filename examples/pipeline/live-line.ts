/** Shows progress: on a terminal one line that is redrawn, elsewhere (a pipe, a log file) a plain line each time. */
export class LiveLine {
  readonly #output: NodeJS.WriteStream

  constructor(output: NodeJS.WriteStream = process.stdout) {
    this.#output = output
  }

  show(text: string): void {
    if (!this.#output.isTTY) this.#output.write(`${text}\n`)
    // One column less than there are: a full line would wrap, and the next redraw start a line too low.
    else this.#output.write(`\r\u001b[2K${text.slice(0, Math.max(20, this.#output.columns || 80) - 1)}`)
  }

  /** Wipes the line, so that what is printed next stands alone. */
  clear(): void {
    if (this.#output.isTTY) this.#output.write('\r\u001b[2K')
  }
}
