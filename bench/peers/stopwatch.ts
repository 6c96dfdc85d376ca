import type { Measurement } from './task.ts'

/** Time, and CPU time of the whole process: garbage collection and threads count, as they take a core as well. */
export class Stopwatch {
  readonly #startedAt = performance.now()
  readonly #cpu = process.cpuUsage()

  stop(records: number): Measurement {
    const { user, system } = process.cpuUsage(this.#cpu)
    return {
      records,
      seconds: (performance.now() - this.#startedAt) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakRssMiB: process.resourceUsage().maxRSS / 1024,
    }
  }
}
