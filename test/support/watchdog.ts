import { type ChildProcess, spawn } from 'node:child_process'

/** Ends `child` when this process ends, however that happens. */
export function endWithThisProcess(child: ChildProcess): void {
  if (child.pid === undefined) return
  // Its input is a pipe that this process never writes to: it ends when this process does.
  const script = 'read line; kill -9 "$0" 2> /dev/null'
  const watchdog = spawn('sh', ['-c', script, String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.once('exit', () => watchdog.kill('SIGKILL'))
  watchdog.unref()
}
