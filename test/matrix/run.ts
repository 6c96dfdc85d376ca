import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Runs the suites on a real broker against one Kafka version after another: `npm run test:matrix [version …]`.

const VERSIONS = ['4.4', '4.0', '3.9', '2.8', '2.1']

interface Outcome {
  readonly version: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

const versions = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS
const folder = await mkdtemp(join(tmpdir(), 'kafka-wire-matrix-'))
const outcomes: Outcome[] = []
try {
  for (const version of versions) outcomes.push(await runSuites(version))
} finally {
  await rm(folder, { recursive: true, force: true })
}

console.log('\nKafka   passed  failed  skipped  seconds')
for (const { version, passed, failed, skipped, seconds } of outcomes) {
  const columns = [
    String(passed).padStart(6),
    String(failed).padStart(6),
    String(skipped).padStart(7),
    seconds.toFixed(0).padStart(7),
  ]
  console.log(`${version.padEnd(6)}  ${columns.join('  ')}`)
}
process.exitCode = outcomes.every(({ passed, failed }) => failed === 0 && passed > 0) ? 0 : 1

async function runSuites(version: string): Promise<Outcome> {
  console.log(`\nKafka ${version}`)
  const report = join(folder, `${version}.json`)
  const startedAt = performance.now()
  const args = ['run', '--project', 'broker', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const child = spawn('vitest', args, { stdio: 'inherit', env: { ...process.env, KAFKA_VERSION: version } })
  await once(child, 'close')
  const seconds = (performance.now() - startedAt) / 1000
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(await readFile(report, 'utf8'))
    return { version, passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, seconds }
  } catch {
    // Without a report nothing was run: the broker did not start, say.
    return { version, passed: 0, failed: 1, skipped: 0, seconds }
  }
}
