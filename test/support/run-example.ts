import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

export interface ExampleRun {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

/**
 * Runs an example as a user does, in a process of its own, until it ends.
 * @param until a text on its output at which it is sent a Ctrl-C
 */
export async function runExample(
  name: string,
  args: readonly (string | number)[],
  bootstrapServers: string,
  until?: string,
): Promise<ExampleRun> {
  const file = join(root, 'examples', `${name}.ts`)
  const child = spawn(process.execPath, ['--conditions=kafka-wire-source', file, ...args.map(String)], {
    env: { ...process.env, KAFKA_BOOTSTRAP_SERVERS: bootstrapServers, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let interrupted = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (until === undefined || interrupted || !stdout.includes(until)) return
    interrupted = true
    child.kill('SIGINT')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { stdout, stderr, code }
}
