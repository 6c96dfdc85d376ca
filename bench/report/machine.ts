import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where and with what figures were taken, as lines of a markdown list. */
export function machine(): string[] {
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  const load = loadavg()[0].toFixed(1)
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `machine: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores, ${gibibytes} GiB, ${type()} ${release()} ${arch()}`,
    `load before the start: ${load}`,
    `Node ${process.versions.node}`,
    `kafka-wire: ${commit()}`,
  ]
}

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname })
    const changed = git('status', '--porcelain', '--', ':/src', ':/protocol').trim() === '' ? '' : ' with changes'
    return `commit ${git('rev-parse', '--short', 'HEAD').trim()}${changed}`
  } catch {
    return 'outside of a repository'
  }
}
