import { expect, test } from 'vitest'
import { readDistinct } from '../../../src/consumer/arguments.ts'

test('a partition that is asked about twice is a UsageError that names it', () => {
  const [p, q] = [0, 1].map((partition) => ({ topic: 't', partition }))
  expect(readDistinct([p, q], 'endOffsets()')).toEqual([p, q])
  expect(() => readDistinct([p, q, p], 'endOffsets()')).toThrow(
    expect.objectContaining({ name: 'UsageError', topic: 't', partition: 0 }),
  )
})
