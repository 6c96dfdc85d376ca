import { describe, expect, test } from 'vitest'
import { Admin } from '../../../src/admin/admin.ts'
import { UsageError } from '../../../src/errors.ts'
import { FakeCluster, type SentRequest } from './fake-cluster.ts'

interface AskedTopic {
  name: string
  partitions: Array<{ partitionIndex: number; offset: number }>
}

/** A cluster that deletes what it is asked to, of topic `a` with two partitions. */
function deleting(): FakeCluster {
  const fake = new FakeCluster({
    DeleteRecords: ({ body }: SentRequest) => ({
      topics: (body.topics as AskedTopic[]).map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, lowWatermark: 7 })),
      })),
    }),
  })
  fake.leaders = { a: [1, 1] }
  return fake
}

describe('up to where records are deleted', () => {
  test("'high-watermark' means all that consumers could read", async () => {
    const fake = deleting()
    const admin = new Admin(fake.cluster)
    const deleted = await admin.deleteRecords([
      { topic: 'a', partition: 0, offset: 'high-watermark' },
      { topic: 'a', partition: 1, offset: 5 },
    ])
    expect(deleted.map(({ lowWatermark }) => lowWatermark)).toEqual([7, 7])
    expect(fake.sent.flatMap(({ body }) => (body.topics as AskedTopic[])[0].partitions)).toEqual([
      { partitionIndex: 0, offset: -1 },
      { partitionIndex: 1, offset: 5 },
    ])
  })

  // Of results it means that there is no such record, or that nothing is committed: taken for the high watermark, as Kafka
  // does, it would delete everything.
  test('-1, which results have for none, deletes nothing', async () => {
    const fake = deleting()
    const found = [
      { topic: 'a', partition: 0, offset: 3, timestamp: -1, leaderEpoch: 2 },
      { topic: 'a', partition: 1, offset: -1, timestamp: -1, leaderEpoch: -1 },
    ]
    const call = new Admin(fake.cluster).deleteRecords(found)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(
      "admin.deleteRecords(): partitions[1]: option 'offset' is -1 for partition 1 of topic 'a', by which results say " +
        "that there is none; leave the partition out, or write offset: 'high-watermark' to delete all of its records",
    )
    expect(fake.sent).toEqual([])
  })

  test.each<[unknown, RegExp]>([
    [-2, /'offset' must be from 0 to 9007199254740991, got -2/],
    [2 ** 53, /'offset' must be from 0 to 9007199254740991, got/],
    ['latest', /'offset' must be an integer or 'high-watermark', got 'latest'/],
    [5n, /'offset' must be an integer or 'high-watermark', got 5n/],
    [1.5, /'offset' must be an integer or 'high-watermark', got 1.5/],
    [undefined, /'offset' is required/],
  ])('refuses %o', async (offset, message) => {
    const call = new Admin(new FakeCluster({}).cluster).deleteRecords([{ topic: 'a', partition: 0, offset } as never])
    await expect(call).rejects.toThrow(message)
  })
})
