import { expect, it } from 'vitest'
import type { ProducerBatch, ProducerStamp } from '../../../src/producer/batch.ts'
import { PartitionQueue } from '../../../src/producer/partition-queue.ts'

/** Only what the queue looks at when it gives out sequences. */
function batchOf(count: number): ProducerBatch {
  return {
    count,
    stamp: null,
    sequence: -1,
    stampWith(this: { stamp: ProducerStamp; sequence: number }, stamp: ProducerStamp, sequence: number) {
      this.stamp = stamp
      this.sequence = sequence
    },
  } as unknown as ProducerBatch
}

it('sequences begin again at 0 after 2^31 - 1', () => {
  const queue = new PartitionQueue('t', 0, 1000, { backoffMs: 1, backoffMaxMs: 1 })
  const stamp = { producerId: 1, epoch: 0 }
  const sequences = [2 ** 31 - 3, 2, 5, 1].map((count) => {
    const batch = batchOf(count)
    queue.stamp(batch, stamp)
    return batch.sequence
  })
  expect(sequences).toEqual([0, 2 ** 31 - 3, 2 ** 31 - 1, 4])
})
