import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AbortError, TimeoutError } from '../../../src/errors.ts'
import { abortable, Backoff, Deadline, sleep, withinDeadline } from '../../../src/retry.ts'

describe('Backoff', () => {
  test('doubles up to the maximum, and starts over after a reset', () => {
    const backoff = new Backoff(100, 1000, () => 0.5)
    const delays = Array.from({ length: 6 }, () => backoff.next())
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000])
    backoff.reset()
    expect(backoff.next()).toBe(100)
  })

  test('spreads each delay by a fifth to both sides', () => {
    expect(new Backoff(100, 1000, () => 0).next()).toBeCloseTo(80)
    expect(new Backoff(100, 1000, () => 1).next()).toBeCloseTo(120)
  })

  test('stays at the maximum for ever', () => {
    const backoff = new Backoff(50, 1000, () => 0.5)
    for (let i = 0; i < 5000; i++) backoff.next()
    expect(backoff.next()).toBe(1000)
  })

  test('a first delay above the maximum is kept', () => {
    expect(new Backoff(500, 100, () => 0.5).next()).toBe(500)
  })
})

describe('abort', () => {
  test('ends a sleep at once with the reason as its cause', async () => {
    const controller = new AbortController()
    const sleeping = sleep(60_000, controller.signal)
    controller.abort('enough')
    const error = await sleeping.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AbortError)
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORTED', cause: 'enough' })
  })

  test('a signal that was aborted before counts as well', async () => {
    await expect(abortable(new Promise(() => {}), AbortSignal.abort())).rejects.toBeInstanceOf(AbortError)
    await expect(sleep(60_000, AbortSignal.abort())).rejects.toBeInstanceOf(AbortError)
  })

  test('leaves a promise alone that settles first', async () => {
    const controller = new AbortController()
    expect(await abortable(Promise.resolve(1), controller.signal)).toBe(1)
    await expect(abortable(Promise.reject(new Error('x')), controller.signal)).rejects.toThrow('x')
  })
})

describe('a deadline', () => {
  test('ends the wait for a promise that does not settle', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const late = new TimeoutError('late')
    const waiting = withinDeadline(new Promise(() => {}), new Deadline(1000), () => late).catch(
      (error: unknown) => error,
    )
    await vi.advanceTimersByTimeAsync(1000)
    expect(await waiting).toBe(late)
  })

  test('leaves a promise alone that settles first, and no timer behind', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const late = () => new TimeoutError('late')
    expect(await withinDeadline(Promise.resolve(1), new Deadline(1000), late)).toBe(1)
    await expect(withinDeadline(Promise.reject(new Error('x')), new Deadline(1000), late)).rejects.toThrow('x')
    expect(vi.getTimerCount()).toBe(0)
  })
})
