import { join } from 'node:path'
import { inject } from 'vitest'
import { bootstrapServers } from './kafka.ts'
import { Program, runProgram } from './program.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A Python interpreter that has kafka-python; empty if there is none. */
    python: string
  }
}

/** Whether there are a broker and kafka-python to test with; the setup has said what is missing if not. */
export const hasPython: boolean = inject('python') !== ''

const SCRIPT = join(import.meta.dirname, '..', 'interop', 'kafka_python.py')

/** Runs a command of the script to its end, with `input` on its standard input, and gives the lines that it prints. */
export function runPython(
  command: string,
  topic: string,
  args: readonly string[],
  input = '',
  servers = bootstrapServers(),
): Promise<string[]> {
  return runProgram(inject('python'), scriptArguments(command, topic, args, servers), { input, env: utf8 })
}

/** Starts a command that goes on until it is ended. */
export function startPython(
  command: string,
  topic: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Program {
  return new Program(inject('python'), scriptArguments(command, topic, args), { onLine, env: utf8 })
}

/** Text on its streams is UTF-8 whatever the locale. */
const utf8 = { PYTHONUTF8: '1' }

function scriptArguments(
  command: string,
  topic: string,
  args: readonly string[],
  servers = bootstrapServers(),
): string[] {
  return [SCRIPT, command, servers, topic, ...args]
}
