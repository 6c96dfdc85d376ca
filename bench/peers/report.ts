import { median, table, whole } from '../report/table.ts'
import type { Outcome } from './rounds.ts'
import type { Scenario } from './scenarios.ts'
import type { Measurement } from './task.ts'

interface Row {
  readonly label: string
  readonly rates: readonly number[]
  readonly rate: number
  /** CPU seconds for a million records. */
  readonly cpu: number
  readonly rss: number
}

/** What each client was given, for the head of the report. Where it is not the default, the default was slower. */
export const clientOptions: readonly string[] = [
  'floor: no client at all; one request a send, with a batch for each partition; one fetch under way while messages are walked',
  'kafka-wire: its defaults (idempotent, checks each CRC, commits every 5 s)',
  'KafkaJS: its defaults (not idempotent, checks no CRC, commits after each fetch)',
  '@platformatic/kafka: `maxInflights` as many as sends are outstanding (default 5), `maxBytesPerPartition` 1 MiB ' +
    '(default 50 MiB), `autocommit` every 5 s (default after each fetch), else its defaults (not idempotent, checks no CRC)',
]

/** A scenario's heading and table. */
export function section(scenario: Scenario, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(rowOf)
  const references = rows.filter(({ label }) => scenario.references.includes(label))
  const header = [
    'client',
    'records/s',
    'min – max',
    'CPU s / million',
    'peak RSS, MiB',
    ...references.flatMap(({ label }) => [`${label} is faster by`, 'and needs less CPU by']),
  ]
  const body = rows.map((row) => [
    row.label,
    whole(row.rate),
    `${whole(Math.min(...row.rates))} – ${whole(Math.max(...row.rates))}`,
    row.cpu.toFixed(2),
    row.rss.toFixed(0),
    ...references.flatMap((reference) =>
      reference === row ? ['', ''] : [factor(reference.rate / row.rate), factor(row.cpu / reference.cpu)],
    ),
  ])
  const records = outcomes[0].measurements[0].records
  return `## ${scenario.title}\n\n${whole(records)} records a run.\n\n${table(header, body)}\n`
}

function rowOf({ contestant, measurements }: Outcome): Row {
  const middle = (figure: (measurement: Measurement) => number): number => median(measurements.map(figure))
  const rates = measurements.map(({ records, seconds }) => records / seconds)
  return {
    label: contestant.label,
    rates,
    rate: median(rates),
    cpu: middle(({ cpuSeconds, records }) => (cpuSeconds / records) * 1e6),
    rss: middle(({ peakRssMiB }) => peakRssMiB),
  }
}

function factor(value: number): string {
  return `${value.toFixed(2)} ×`
}
