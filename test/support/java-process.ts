import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { endWithThisProcess } from './watchdog.ts'

/**
 * A Java program in the background. It has a process group of its own, so that a Ctrl-C meant for the tests does not
 * reach it, and a watchdog that ends it when this process ends, however that happens.
 */
export class JavaProcess {
  readonly #child: ChildProcess

  constructor(args: readonly string[], logFile: string) {
    const log = openSync(logFile, 'a')
    this.#child = spawn('java', args, { detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child.on('error', () => {})
    endWithThisProcess(this.#child)
    this.#child.unref()
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(name: NodeJS.Signals): void {
    if (this.running) this.#child.kill(name)
  }

  /** Ends it by the signal, and by SIGKILL if it has not ended after `patienceMs`. */
  async end(name: 'SIGTERM' | 'SIGKILL', patienceMs = 20_000): Promise<void> {
    if (!this.running) return
    const exited = once(this.#child, 'exit')
    this.signal(name)
    // One that is paused takes no signal but SIGKILL until it goes on.
    this.signal('SIGCONT')
    const timer = setTimeout(() => this.signal('SIGKILL'), patienceMs)
    await exited
    clearTimeout(timer)
  }
}
