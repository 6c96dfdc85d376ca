import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { bootstrapServers, hasBroker, uniqueName } from '../support/kafka.ts'
import type { MillionReport } from '../support/million.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '..', 'support', 'million.ts')
const FLAGS = ['--expose-gc', '--conditions=kafka-wire-source']
const ALLOWED_GROWTH = 50 * 1024 * 1024

test.skipIf(!hasBroker)(
  'a million records come to a group of two, each once and in order, in bounded memory',
  async () => {
    const { stdout } = await run(
      process.execPath,
      [...FLAGS, script, bootstrapServers(), uniqueName('million'), uniqueName('g')],
      {
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    )
    const report: MillionReport = JSON.parse(stdout)
    expect(report).toMatchObject({ records: 1_000_000, repeated: 0, disordered: 0, damaged: 0 })
    expect(report.shares.every((share) => share > 0)).toBe(true)
    expect(report.rssAtEnd).toBeLessThanOrEqual(report.rssAtFifth + ALLOWED_GROWTH)
  },
)
