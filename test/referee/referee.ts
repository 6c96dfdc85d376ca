import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inject } from 'vitest'
import { endWithThisProcess } from '../support/watchdog.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder with the jars of the Kafka whose classes are the referee; empty if there is no Java for them. */
    refereeJars: string
  }
}

/** Whether there is a referee; the setup has said what is missing if not. */
export const hasReferee: boolean = inject('refereeJars') !== ''

/** How much of its standard error stands in the error about a referee that has ended. */
const COMPLAINT_CHARACTERS = 4000

/** A Java process that says what Kafka's own classes write and read. Questions are answered in their order. */
export class Referee {
  readonly #child = spawn('java', [...virtualMachine(), join(import.meta.dirname, 'Referee.java')])
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = []
  readonly #exited = once(this.#child, 'close')
  #complaint = ''
  #ended = false

  constructor() {
    endWithThisProcess(this.#child)
    let parts: string[] = []
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = text.split('\n')
      for (const end of lines.slice(0, -1)) {
        this.#waiting.shift()?.resolve(parts.join('') + end)
        parts = []
      }
      parts.push(lines[lines.length - 1])
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS)
    })
    // What goes wrong here also ends the process, and that is what is told.
    this.#child.stdin.on('error', () => {})
    this.#exited.then(
      () => this.#fail(new Error(`The referee has ended: ${this.#complaint}`)),
      (error: Error) => this.#fail(error),
    )
  }

  /**
   * @param question one line of JSON
   * @throws Error when the referee cannot answer it
   */
  async ask<Answer>(question: string): Promise<Answer> {
    if (this.#ended) throw new Error(`The referee has ended: ${this.#complaint}`)
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#child.stdin.write(`${question}\n`)
    })
    const answer = JSON.parse(line)
    if (answer.failed !== undefined) throw new Error(`The referee failed: ${answer.failed}`)
    return answer
  }

  async close(): Promise<void> {
    this.#child.stdin.end()
    await this.#exited
  }

  #fail(error: Error): void {
    this.#ended = true
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** Hundreds of classes that each run a few thousand times: the quick compiler is the faster one. */
function virtualMachine(): string[] {
  return ['-Xmx768m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(inject('refereeJars'), '*')]
}
