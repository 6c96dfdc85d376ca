import { describe, expect, test } from 'vitest'
import { firstAnswer } from '../../../src/cluster/first-answer.ts'

const never = new Promise<never>(() => {})

describe('firstAnswer', () => {
  test('takes the first candidate that answers and asks no further', async () => {
    const asked: string[] = []
    const outcome = await firstAnswer(['a', 'b'], async (name) => asked.push(name) && name, 10_000)
    expect(outcome).toEqual({ answer: 'a' })
    expect(asked).toEqual(['a'])
  })

  test('asks the next one at once when one fails', async () => {
    const outcome = await firstAnswer(
      ['a', 'b'],
      (name) => (name === 'a' ? Promise.reject('no') : Promise.resolve(name)),
      10_000,
    )
    expect(outcome).toEqual({ answer: 'b' })
  })

  test('a silent candidate does not hold up the next one', async () => {
    const outcome = await firstAnswer(['silent', 'b'], (name) => (name === 'b' ? Promise.resolve(name) : never), 1)
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
      1,
    )
    expect(await outcome).toEqual({ answer: 'late' })
  })

  test('reports every failure in the order of the candidates', async () => {
    const outcome = await firstAnswer(['a', 'b'], (name) => Promise.reject(`${name} fails`), 10_000)
    expect(outcome).toEqual({
      failures: [
        { candidate: 'a', error: 'a fails' },
        { candidate: 'b', error: 'b fails' },
      ],
    })
  })

  test('without candidates there are no failures either', async () => {
    expect(await firstAnswer([], () => never, 1)).toEqual({ failures: [] })
  })
})
