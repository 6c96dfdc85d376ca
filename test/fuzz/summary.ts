import type { LargeOutcome } from './large-input.ts'
import { MAX_GROWTH_BYTES, MAX_RSS_GROWTH_BYTES, MIN_INPUTS_FOR_GROWTH } from './limits.ts'
import { type Failure, MARKS, type Report } from './report.ts'

interface Run {
  readonly seed: number
  readonly inputs: number
  readonly workers: number
}

/** Adds up what the workers report. */
export class Summary {
  readonly failures: Failure[] = []
  readonly suspects: number[] = []
  readonly #run: Run
  readonly #startedAt = performance.now()
  #endedAt = 0
  #done = 0
  #accepted = 0
  #bytes = 0
  #slowest: Report['slowest'] = { ms: 0, index: -1, title: '' }
  #largest: Report['largest'] = { bytes: 0, index: -1, title: '' }
  #largestOnHeap: Report['largest'] = { bytes: 0, index: -1, title: '' }
  readonly #large: LargeOutcome[] = []
  /** By mark: what each worker had in use, and the size of the process when the last of them got there. */
  readonly #inUse = new Map<number, number[]>()
  readonly #rss = new Map<number, number>()

  constructor(run: Run) {
    this.#run = run
  }

  /** An input that was tried by itself after the run. */
  addLarge(outcome: LargeOutcome): void {
    const { title, failure } = outcome
    this.#large.push(outcome)
    if (failure !== undefined) this.failures.push({ index: -1, title, what: failure, hex: '' })
  }

  /** @returns lines to be shown while the run goes on */
  add(report: Report): string[] {
    this.#done += report.done
    this.#accepted += report.accepted
    this.#bytes += report.bytes
    this.#endedAt = performance.now()
    if (report.slowest.ms > this.#slowest.ms) this.#slowest = report.slowest
    if (report.largest.bytes > this.#largest.bytes) this.#largest = report.largest
    if (report.largestOnHeap.bytes > this.#largestOnHeap.bytes) this.#largestOnHeap = report.largestOnHeap
    this.suspects.push(...report.suspects)
    this.failures.push(...report.failures)
    const lines: string[] = []
    for (const { mark, bytes } of report.inUse) {
      const all = this.#inUse.get(mark) ?? []
      all.push(bytes)
      this.#inUse.set(mark, all)
      if (all.length < this.#run.workers) continue
      this.#rss.set(mark, process.memoryUsage.rss())
      lines.push(`${mark} %: RSS ${mb(this.#rss.get(mark)!)}, in use ${all.map(mb).join(' + ')}, ${this.#speed()}`)
    }
    return lines
  }

  /** Judges memory, and says everything. */
  conclusion(): string {
    this.#judgeGrowth()
    const { seed, workers } = this.#run
    const { failures } = this
    return [
      ...failures.map(
        ({ index, title, what, hex }) => `FAILED: --seed ${seed} --index ${index}: ${title} ${hex}\n${what}`,
      ),
      `${this.#done} inputs of seed ${seed} in ${((this.#endedAt - this.#startedAt) / 1000).toFixed(0)} s by ${workers} workers: ${this.#speed()}`,
      `accepted ${this.#share(this.#accepted)}, refused ${this.#share(this.#done - this.#accepted)}, ${Math.round(this.#bytes / this.#done)} bytes each`,
      `slowest ${this.#slowest.ms.toFixed(1)} ms (${this.#slowest.title}, index ${this.#slowest.index}), ${this.suspects.length} suspects`,
      `largest allocation beside the heap ${mb(this.#largest.bytes)} (${this.#largest.title}, index ${this.#largest.index})`,
      `most on the heap, where it was measured: ${mb(this.#largestOnHeap.bytes)} (${this.#largestOnHeap.title}, index ${this.#largestOnHeap.index})`,
      ...(this.#large.length === 0 ? [] : [this.#largeConclusion()]),
      `${failures.length} failures`,
    ].join('\n')
  }

  #largeConclusion(): string {
    const most = this.#large.reduce((one, other) => (other.memoryBytes > one.memoryBytes ? other : one))
    const slowest = this.#large.reduce((one, other) => (other.ms > one.ms ? other : one))
    return [
      `${this.#large.length} large inputs: most memory ${mb(most.memoryBytes)} for ${mb(most.bytes)} (${most.title})`,
      `slowest ${slowest.ms.toFixed(0)} ms (${slowest.title})`,
    ].join(', ')
  }

  #judgeGrowth(): void {
    if (this.#run.inputs < MIN_INPUTS_FOR_GROWTH) return
    const early = MARKS[0]
    const late = MARKS[MARKS.length - 1]
    const grown = largest(this.#inUse.get(late)) - largest(this.#inUse.get(early))
    const rss = (this.#rss.get(late) ?? 0) - (this.#rss.get(early) ?? 0)
    if (grown > MAX_GROWTH_BYTES) this.#failWhole(`What is in use has grown by ${mb(grown)}`)
    if (rss > MAX_RSS_GROWTH_BYTES) this.#failWhole(`The process has grown by ${mb(rss)}`)
  }

  #failWhole(what: string): void {
    this.failures.push({ index: -1, title: 'the whole run', what, hex: '' })
  }

  #speed(): string {
    return `${Math.round(this.#done / ((this.#endedAt - this.#startedAt) / 1000))} inputs/s`
  }

  #share(count: number): string {
    return `${((100 * count) / this.#done).toFixed(1)} %`
  }
}

function largest(numbers: readonly number[] = []): number {
  return Math.max(0, ...numbers)
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
