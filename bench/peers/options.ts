import { parseArgs } from 'node:util'
import { type Scenario, scenarios } from './scenarios.ts'

export interface Options {
  readonly rounds: number
  readonly records: number
  readonly valueSize: number
  readonly scenarios: readonly Scenario[]
  /** Only contestants whose label contains this. */
  readonly client: string
  readonly profile: boolean
  readonly out: string
}

export const USAGE = `npm run bench:peers -- [OPTIONS]
  --rounds N       times that each client runs; medians are reported (5)
  --records N      records of a run; a tenth of them where each is a send of its own (1000000)
  --value-size N   bytes of a value (100)
  --scenario TEXT  only scenarios whose name contains TEXT: ${scenarios.map(({ name }) => name).join(', ')}
  --client TEXT    only clients whose name contains TEXT
  --profile        CPU profiles of kafka-wire's processes into bench/results/tmp
  --out FILE       where the tables go (bench/results/peers.md, or peers-N.md for another value size)`

/** @throws Error that says what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      records: { type: 'string', default: '1000000' },
      'value-size': { type: 'string', default: '100' },
      scenario: { type: 'string', default: '' },
      client: { type: 'string', default: '' },
      profile: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  })
  const valueSize = count('value-size', values['value-size'])
  const chosen = scenarios.filter(({ name }) => name.includes(values.scenario))
  if (chosen.length === 0) throw new Error(`There is no scenario '${values.scenario}'`)
  return {
    rounds: count('rounds', values.rounds),
    records: count('records', values.records),
    valueSize,
    scenarios: chosen,
    client: values.client,
    profile: values.profile,
    out: values.out ?? `bench/results/${valueSize === 100 ? 'peers' : `peers-${valueSize}`}.md`,
  }
}

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a positive integer, got '${text}'`)
  return value
}
