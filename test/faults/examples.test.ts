import { expect, test } from 'vitest'
import { runExample } from '../support/run-example.ts'

test('fault-tolerance kills a leader and loses nothing', async () => {
  const { stdout, code } = await runExample('fault-tolerance', [], '')
  const [, killed] = /^Broker (\d) is killed;/m.exec(stdout) ?? []
  const [, next] = /^Partition 0 is led by broker (\d) now$/m.exec(stdout) ?? []
  expect(stdout).toContain(`Partition 0 of rides is led by broker ${killed}`)
  expect(next).toMatch(/^\d$/)
  expect(next).not.toBe(killed)
  expect(stdout).toContain('2000 messages received, each once and in order')
  expect(code).toBe(0)
})
