import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type FirstAnswerOptions, firstAnswer } from '../../../src/cluster/first-answer.ts'
import { Deadline } from '../../../src/retry.ts'

const never = new Promise<never>(() => {})

function options(patienceMs: number, more: Partial<FirstAnswerOptions<string>> = {}): FirstAnswerOptions<string> {
  return { patienceMs, deadline: new Deadline(60_000), failures: new Map(), isFinal: () => false, ...more }
}

describe('firstAnswer', () => {
  test('takes the first candidate that answers and asks no further', async () => {
    const asked: string[] = []
    const outcome = await firstAnswer(['a', 'b'], async (name) => asked.push(name) && name, options(10_000))
    expect(outcome).toEqual({ answer: 'a' })
    expect(asked).toEqual(['a'])
  })

  test('asks the next one at once when one fails', async () => {
    const outcome = await firstAnswer(
      ['a', 'b'],
      (name) => (name === 'a' ? Promise.reject('no') : Promise.resolve(name)),
      options(10_000),
    )
    expect(outcome).toEqual({ answer: 'b' })
  })

  test('a silent candidate does not hold up the next one', async () => {
    const outcome = await firstAnswer(
      ['silent', 'b'],
      (name) => (name === 'b' ? Promise.resolve(name) : never),
      options(1),
    )
    expect(outcome).toEqual({ answer: 'b' })
  })

  test('still takes a late answer when the others have failed', async () => {
    let answer: (name: string) => void = () => {}
    const late = new Promise<string>((resolve) => {
      answer = resolve
    })
    const outcome = firstAnswer(
      ['late', 'b'],
      (name) => {
        if (name === 'late') return late
        queueMicrotask(() => answer('late'))
        return Promise.reject('no')
      },
      options(1),
    )
    expect(await outcome).toEqual({ answer: 'late' })
  })

  test('reports every failure in the order of the candidates', async () => {
    const failures = new Map<string, unknown>()
    const outcome = await firstAnswer(['a', 'b'], (name) => Promise.reject(`${name} fails`), options(1, { failures }))
    expect(outcome).toBeNull()
    expect([...failures]).toEqual([
      ['a', 'a fails'],
      ['b', 'b fails'],
    ])
  })

  test('asks nobody else after a failure that is final', async () => {
    const asked: string[] = []
    const ask = (name: string): Promise<never> => {
      asked.push(name)
      return Promise.reject(new Error('refused'))
    }
    await expect(firstAnswer(['a', 'b'], ask, options(1, { isFinal: () => true }))).rejects.toThrow('refused')
    expect(asked).toEqual(['a'])
  })

  test('is over at the deadline, and tells who has not answered', async () => {
    const failures = new Map<string, unknown>()
    const ask = (name: string): Promise<never> => (name === 'a' ? Promise.reject('no') : never)
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const deadline = new Deadline(1000)
    const outcome = firstAnswer(['a', 'b', 'c'], ask, options(60_000, { deadline, failures }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await outcome).toBeNull()
    expect([...failures]).toEqual([
      ['a', 'no'],
      ['b', null],
    ])
  })

  test('without candidates there is no answer', async () => {
    expect(await firstAnswer([], () => never, options(1))).toBeNull()
  })
})
