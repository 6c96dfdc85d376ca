import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Campaign, timed } from './campaign.ts'
import { maxHeapBytes, measuresHeap, SLOW_MS } from './limits.ts'
import { type Failure, MARKS, type Report, type Share } from './report.ts'
import { titleOf } from './target.ts'

/** Inputs between two reports. */
const STRIDE = 1000
/** Inputs until what codecs leave for a later turn of the event loop is given one. */
const TURN = 100
/** After so many an error is known well enough. */
const MAX_FAILURES = 20

const { seed, api, inputs, first, step } = workerData as Share
const campaign = await Campaign.prepare(seed, api)
let report = emptyReport()
let failed = 0

const all = Math.ceil((inputs - first) / step)
const marks = MARKS.map((mark) => ({ mark, at: Math.ceil((all * mark) / 100) }))
let done = 0
for (let index = first; index < inputs && failed < MAX_FAILURES; index += step) {
  await judge(index)
  done++
  if (done % TURN === 0) await setImmediate()
  for (const { mark, at } of marks) if (done === at) report.inUse.push({ mark, bytes: await inUse() })
  if (done % STRIDE === 0) send()
}
send()

async function inUse(): Promise<number> {
  // Without collections the figure would be what happens to lie about. Codecs let go of their memory a turn after theirs.
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function judge(index: number): Promise<void> {
  const { target, bytes } = campaign.input(index)
  const isMeasured = measuresHeap(index, bytes.length)
  if (isMeasured) globalThis.gc?.()
  const { arrayBuffers: before, heapUsed } = process.memoryUsage()
  try {
    const { accepted, ms } = await timed(target, bytes)
    const onHeap = isMeasured ? process.memoryUsage().heapUsed - heapUsed : 0
    // Other threads have an account of their own, and a collection can only lower this one.
    const grown = process.memoryUsage().arrayBuffers - before
    report.done++
    report.bytes += bytes.length
    if (accepted) report.accepted++
    if (ms > report.slowest.ms) report.slowest = { ms, index, title: titleOf(target) }
    if (grown > report.largest.bytes) report.largest = { bytes: grown, index, title: titleOf(target) }
    if (onHeap > report.largestOnHeap.bytes) report.largestOnHeap = { bytes: onHeap, index, title: titleOf(target) }
    if (onHeap > maxHeapBytes(bytes.length)) fail(index, `${onHeap} bytes of heap for an input of ${bytes.length}`)
    if (ms > SLOW_MS) report.suspects.push(index)
    if (grown > target.maxExternalBytes) fail(index, `${grown} bytes were allocated for an input of ${bytes.length}`)
  } catch (error) {
    report.done++
    fail(index, error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

function fail(index: number, what: string): void {
  const { target, bytes } = campaign.input(index)
  failed++
  const failure: Failure = { index, title: titleOf(target), what, hex: bytes.toString('hex') }
  report.failures.push(failure)
}

function send(): void {
  parentPort!.postMessage(report)
  report = emptyReport()
}

function emptyReport(): Report {
  return {
    done: 0,
    accepted: 0,
    bytes: 0,
    slowest: { ms: 0, index: -1, title: '' },
    largest: { bytes: 0, index: -1, title: '' },
    largestOnHeap: { bytes: 0, index: -1, title: '' },
    suspects: [],
    failures: [],
    inUse: [],
  }
}
