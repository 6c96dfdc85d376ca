import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { childFile } from './build.ts'
import type { Measurement, Task } from './task.ts'

const TIMEOUT_MS = 300_000
const PROFILES = join(import.meta.dirname, '../results/tmp')

/**
 * Runs a task in a fresh process.
 * @param profile a name for its CPU profile, which otherwise is not taken
 * @throws Error with what the process said, if it ends without a measurement
 */
export async function runChild(task: Task, profile?: string): Promise<Measurement> {
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`, `--cpu-prof-name=${profile}.cpuprofile`]
  const child = fork(childFile, [JSON.stringify(task)], {
    execArgv: profile === undefined ? [] : profiling,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let measurement: Measurement | undefined
  child.on('message', (message) => {
    measurement = message as Measurement
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (measurement !== undefined && code === 0) return measurement
  throw new Error(`The process ended with ${signal ?? code}:\n${output.slice(-3000)}`)
}
