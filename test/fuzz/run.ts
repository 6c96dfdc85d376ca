// Hostile input for every decoder: `npm run fuzz -- --inputs 10000000 --seed 1 [--api Fetch] [--workers 2]`.
// One input again: `--seed 1 --index 4711`, or `--replay <hex> --api Fetch --version 12 [--direction response]`.

import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { Campaign, type Outcome, timed } from './campaign.ts'
import { largeBatches } from './large-batches.ts'
import { tryLarge } from './large-input.ts'
import { largeMessages, largeStreams } from './large-messages.ts'
import { SLOW_MS } from './limits.ts'
import type { Report, Share } from './report.ts'
import { Summary } from './summary.ts'
import { type Target, titleOf } from './target.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    /** Kafka's name, RequestHeader, ResponseHeader, ConsumerProtocolSubscription, RecordBatch, MessageSet …; all if not given. */
    api: { type: 'string' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    index: { type: 'string' },
    replay: { type: 'string' },
    version: { type: 'string' },
    direction: { type: 'string' },
  },
})
const seed = Number(values.seed)
const inputs = Number(values.inputs)
const workers = Number(values.workers)

if (values.replay !== undefined) await replay(Buffer.from(values.replay, 'hex'))
else if (values.index !== undefined) await again(Number(values.index))
else if (!(await fuzz())) process.exitCode = 1

/** @returns whether nothing was found */
async function fuzz(): Promise<boolean> {
  const summary = new Summary({ seed, inputs, workers })
  await Promise.all(Array.from({ length: workers }, (_, first) => work(first, summary)))
  // Not before: what the allocator keeps of it would hide a growth of the workers'.
  if (values.api === undefined) {
    for (const input of [...largeMessages(), ...largeStreams(), ...largeBatches()])
      summary.addLarge(await tryLarge(input))
  }
  // The workers are gone: whatever is slow now is slow by itself.
  const campaign = summary.suspects.length === 0 ? null : await Campaign.prepare(seed, values.api)
  for (const index of summary.suspects) {
    const { target, bytes } = campaign!.input(index)
    const ms = await fastest(target, bytes)
    if (ms <= SLOW_MS) continue
    const what = `It takes ${ms.toFixed(0)} ms, alone, too`
    summary.failures.push({ index, title: titleOf(target), what, hex: bytes.toString('hex') })
  }
  console.log(summary.conclusion())
  return summary.failures.length === 0
}

/** Without what compiling takes, which is more than everything else where 20,000 structs are compared for the first time. */
async function fastest(target: Target, bytes: Buffer): Promise<number> {
  const outcomes: Outcome[] = []
  for (let i = 0; i < 5; i++) outcomes.push(await timed(target, bytes))
  return Math.min(...outcomes.map(({ ms }) => ms))
}

async function work(first: number, summary: Summary): Promise<void> {
  const workerData: Share = { seed, api: values.api, inputs, first, step: workers }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  worker.on('message', (report: Report) => {
    for (const line of summary.add(report)) console.log(line)
  })
  // An input that ends or hangs a worker would otherwise end the run without a word.
  const [code] = await once(worker, 'exit')
  if (code !== 0) throw new Error(`A worker ended with ${code}`)
}

async function again(index: number): Promise<void> {
  const { target, bytes } = (await Campaign.prepare(seed, values.api)).input(index)
  console.log(`${titleOf(target)} ${bytes.toString('hex')}`)
  const { accepted, ms } = await timed(target, bytes)
  console.log(`${accepted ? 'accepted' : 'refused'} in ${ms.toFixed(2)} ms`)
}

async function replay(bytes: Buffer): Promise<void> {
  const { targets } = await Campaign.prepare(seed, values.api)
  for (const target of targets) {
    if (values.version !== undefined && target.version !== Number(values.version)) continue
    if (values.direction !== undefined && target.direction !== values.direction) continue
    const { accepted, ms } = await timed(target, bytes)
    console.log(`${titleOf(target)}: ${accepted ? 'accepted' : 'refused'} in ${ms.toFixed(2)} ms`)
  }
}
