import { type ChildProcess, spawn } from 'node:child_process'
import { endWithThisProcess } from './watchdog.ts'

export interface ProgramOptions {
  /** What it finds on its standard input. */
  input?: string
  /** Environment variables beside those of this process. */
  env?: Readonly<Record<string, string>>
  /** Called with each line of its standard output, without the line feed. */
  onLine?: (line: string) => void
}

/** How much of its standard error stands in the error about a program that failed. */
const COMPLAINT_CHARACTERS = 2000

const PATIENCE_MS = 20_000

/** A program that this process starts, reads, and does not leave behind. */
export class Program {
  /** Resolves when it has ended with 0, or after `end()`. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #complaint = ''
  #endWanted = false

  constructor(command: string, args: readonly string[], { input = '', env = {}, onLine }: ProgramOptions = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    endWithThisProcess(child)
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (onLine !== undefined) for (const line of lines) onLine(line)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS)
    })
    // One that ends early does not read all of its input.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        if (code === 0 || this.#endWanted) return resolve()
        reject(new Error(`${[command, ...args].join(' ')} ended with ${code ?? signal}: ${this.#complaint}`))
      })
    })
    // Whoever waits for it gets the error; a test that waits for something else must not die of it.
    this.ended.catch(() => {})
  }

  /** Asks it to end, insists after a while, and resolves when it has. */
  async end(): Promise<void> {
    this.#endWanted = true
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.ended.finally(() => clearTimeout(timer))
  }
}

/**
 * Runs a program to its end.
 * @returns the lines of its standard output
 * @throws Error with what it wrote to standard error, unless it ends with 0
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: Omit<ProgramOptions, 'onLine'> = {},
): Promise<string[]> {
  const lines: string[] = []
  await new Program(command, args, { ...options, onLine: (line) => lines.push(line) }).ended
  return lines
}
