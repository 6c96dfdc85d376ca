import { describe, expect, test } from 'vitest'
import { InFlightQueue } from '../../../src/network/in-flight-queue.ts'
import { seededRandom } from '../seeded-random.ts'

function filled(count: number): InFlightQueue<number> {
  const queue = new InFlightQueue<number>()
  for (let i = 0; i < count; i++) queue.push(i)
  return queue
}

describe('InFlightQueue', () => {
  test.each([1, 2, 3, 4, 5])('does what a plain array does (seed %i)', (seed) => {
    const random = seededRandom(seed)
    const queue = new InFlightQueue<number>()
    let model: number[] = []
    let next = 0
    for (let step = 0; step < 5000; step++) {
      // It grows to some hundreds and shrinks to nothing by turns, so that every way to compact is taken.
      const growing = Math.floor(step / 700) % 2 === 0
      const choice = random()
      if (choice < 0.002) {
        expect(queue.drain()).toEqual(model)
        model = []
      } else if (choice < (growing ? 0.75 : 0.25)) {
        queue.push(next)
        model.push(next++)
      } else {
        expect(queue.shift()).toBe(model.shift())
      }
      expect(queue.length).toBe(model.length)
      if (step % 50 === 0) expect([...queue]).toEqual(model)
    }
    expect(queue.drain()).toEqual(model)
  })

  test('keeps the order when it is never empty', () => {
    const queue = filled(10)
    for (let i = 0; i < 1000; i++) {
      queue.push(i + 10)
      expect(queue.shift()).toBe(i)
      expect(queue.length).toBe(10)
    }
    expect([...queue]).toEqual([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009])
  })

  test.each([63, 64, 65, 127, 128, 129])('is emptied in order with %i entries before the first is taken', (count) => {
    const queue = filled(count)
    const taken: Array<number | undefined> = []
    while (queue.length > 0) {
      taken.push(queue.shift())
      expect([...queue]).toEqual(Array.from({ length: count - taken.length }, (_, i) => taken.length + i))
    }
    expect(taken).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('an empty one gives nothing, and goes on', () => {
    const queue = new InFlightQueue<number>()
    expect(queue.shift()).toBeUndefined()
    expect(queue.drain()).toEqual([])
    queue.push(1)
    expect(queue.shift()).toBe(1)
    expect(queue.shift()).toBeUndefined()
    expect(queue.length).toBe(0)
    queue.push(2)
    expect([...queue]).toEqual([2])
  })

  test('drain takes out what is left, and what comes later begins anew', () => {
    const queue = filled(5)
    queue.shift()
    queue.shift()
    const drained = queue.drain()
    queue.push(9)
    expect(drained).toEqual([2, 3, 4])
    expect(queue.length).toBe(1)
    expect(queue.drain()).toEqual([9])
  })
})
