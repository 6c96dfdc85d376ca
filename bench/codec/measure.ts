import { Bench } from 'tinybench'
import { median } from '../report/table.ts'

/** Work by the name of who does it. */
export type Rivals = Readonly<Record<string, () => unknown>>

export interface Effort {
  /** How often all are measured, each time with another one first. */
  readonly rounds: number
  /** For one measurement, in ms. */
  readonly time: number
}

/** A call that is over too soon for the clock is repeated until it has done as much as this. */
const MIN_BYTES = 64 * 1024

/** What was made last: work whose result nobody has could be left out. */
let result: unknown

/**
 * @param bytes that one call works on
 * @returns for each rival what one call takes, in seconds: the median of its rounds' medians
 */
export async function secondsPerCall(rivals: Rivals, bytes: number, effort: Effort): Promise<Record<string, number>> {
  const repeats = Math.max(1, Math.ceil(MIN_BYTES / bytes))
  const entries = Object.entries(rivals)
  const samples = new Map(entries.map(([name]) => [name, [] as number[]]))
  for (let round = 0; round < effort.rounds; round++) {
    const first = round % entries.length
    const bench = new Bench({ time: effort.time, warmupTime: effort.time / 2, iterations: 10, throws: true })
    for (const [name, work] of [...entries.slice(first), ...entries.slice(0, first)]) {
      bench.add(name, () => {
        for (let i = 0; i < repeats; i++) result = work()
      })
    }
    await bench.run()
    for (const task of bench.tasks) {
      if (task.result.state !== 'completed') throw new Error(`${task.name} did not end: ${task.result.state}`)
      samples.get(task.name)?.push(task.result.latency.p50 / 1000 / repeats)
    }
  }
  return Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]))
}

/** Where the last result went. */
export function lastResult(): unknown {
  return result
}
