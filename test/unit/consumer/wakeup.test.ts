import { expect, test, vi } from 'vitest'
import { Wakeup } from '../../../src/consumer/wakeup.ts'
import { MAX_TIMER_MS } from '../../../src/retry.ts'

test('what happens while nobody waits is not missed', async () => {
  const wakeup = new Wakeup()
  wakeup.raise()
  await wakeup.wait()
})

test('a wait longer than timers can be does not end at once', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const wakeup = new Wakeup()
  const waiting = wakeup.wait(Number.MAX_SAFE_INTEGER)
  expect(timers.mock.lastCall?.[1]).toBe(MAX_TIMER_MS)
  wakeup.raise()
  await waiting
})
