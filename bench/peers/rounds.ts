import { setTimeout } from 'node:timers/promises'
import { PARTITIONS, type Topics } from '../broker/topics.ts'
import { moduleOf } from './build.ts'
import type { Options } from './options.ts'
import { runChild } from './run-child.ts'
import type { Contestant, Scenario } from './scenarios.ts'
import type { Measurement, Task } from './task.ts'

/** The broker may finish what the last run left it with. */
const SETTLE_MS = 500

export interface Outcome {
  readonly contestant: Contestant
  /** One for each round. */
  readonly measurements: Measurement[]
}

/** All rounds of a scenario. In each round every contestant runs once, and each time another one is first. */
export async function runRounds(
  scenario: Scenario,
  options: Options,
  bootstrapServers: string,
  topics: Topics,
): Promise<Outcome[]> {
  const records = Math.max(1, Math.round(options.records * scenario.share))
  const outcomes = scenario.contestants
    .filter(({ label }) => label.includes(options.client))
    .map((contestant): Outcome => ({ contestant, measurements: [] }))
  const source = scenario.kind === 'consume' ? await topics.createFilled(records, options.valueSize) : undefined
  console.log(`\n${scenario.title}, ${records} records, ${options.rounds} rounds`)
  for (let round = 0; round < options.rounds; round++) {
    const first = round % outcomes.length
    for (const { contestant, measurements } of [...outcomes.slice(first), ...outcomes.slice(0, first)]) {
      await setTimeout(SETTLE_MS)
      const topic = source ?? (await topics.create())
      // Each run is a group of its own, which has committed nothing.
      const group = `${topic}-${round}-${contestant.label.replace(/\W+/g, '-')}`
      const task: Task = {
        kind: scenario.kind,
        module: moduleOf(contestant.module),
        method: contestant.method ?? '',
        bootstrapServers,
        topic,
        group,
        partitions: PARTITIONS,
        records,
        valueSize: options.valueSize,
        perSend: contestant.perSend ?? scenario.perSend,
        outstanding: contestant.outstanding ?? scenario.outstanding,
      }
      const profile = options.profile && contestant.module === 'kafka-wire' ? `${scenario.name}-${group}` : undefined
      const measurement = await runChild(task, profile)
      await verify(contestant, task, measurement, topics)
      if (source === undefined) await topics.delete(topic)
      measurements.push(measurement)
      const rate = Math.round(measurement.records / measurement.seconds)
      console.log(`  round ${round + 1}: ${contestant.label}: ${rate} records/s`)
    }
  }
  if (source !== undefined) await topics.delete(source)
  return outcomes
}

/** A client that is fast because it does less is not fast. */
async function verify(contestant: Contestant, task: Task, measured: Measurement, topics: Topics): Promise<void> {
  if (measured.records !== task.records) {
    throw new Error(`${contestant.label}: ${measured.records} of ${task.records} records`)
  }
  if (task.kind === 'consume') return
  const expected = task.records + task.perSend
  const stored = await topics.count(task.topic)
  if (stored !== expected) {
    throw new Error(`${contestant.label}: the broker has ${stored} records, ${expected} were acknowledged`)
  }
}
