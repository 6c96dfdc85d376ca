import { table } from '../report/table.ts'
import { type Effort, secondsPerCall } from './measure.ts'

export interface Duel {
  readonly name: string
  /** Of plain data, for one call. */
  readonly bytes: number
  readonly ours: () => unknown
  readonly theirs: () => unknown
}

export interface Score {
  readonly name: string
  readonly factor: number
}

/** Our code and a package's at the same work, as a table, and how they stand. */
export async function fight(
  rival: string,
  duels: readonly Duel[],
  effort: Effort,
): Promise<{ table: string; scores: Score[] }> {
  const rows: string[][] = []
  const scores: Score[] = []
  for (const { name, bytes, ours, theirs } of duels) {
    const seconds = await secondsPerCall({ ours, theirs }, bytes, effort)
    const factor = seconds.theirs / seconds.ours
    scores.push({ name: `${rival}, ${name}`, factor })
    rows.push([name, megabytes(bytes, seconds.ours), megabytes(bytes, seconds.theirs), `${factor.toFixed(2)} ×`])
  }
  return { table: table(['', 'kafka-wire, MB/s', `${rival}, MB/s`, 'kafka-wire is faster by'], rows), scores }
}

/** MB/s of plain data. */
export function megabytes(bytes: number, seconds: number): string {
  return Math.round(bytes / seconds / 1e6).toLocaleString('en-US')
}
