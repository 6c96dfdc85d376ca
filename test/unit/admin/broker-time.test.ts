import { expect, test } from 'vitest'
import { Admin } from '../../../src/admin/admin.ts'
import { type Answerer, FakeCluster } from './fake-cluster.ts'

const place = { topic: 'a', partition: 0 }
const done = { errorCode: 0, errorMessage: null, name: 'a', topicId: 'id', numPartitions: 1, replicationFactor: 1 }
const ofPartition = { partitionIndex: 0, errorCode: 0, errorMessage: null, lowWatermark: 1, offset: 1, timestamp: -1 }

/** Each API whose requests say how long the broker may work, the call that sends it, and an answer. */
const calls: Record<string, [call: (admin: Admin, timeoutMs: number) => Promise<unknown>, answer: object]> = {
  CreateTopics: [(admin, timeoutMs) => admin.createTopics([{ name: 'a' }], { timeoutMs }), { topics: [done] }],
  DeleteTopics: [(admin, timeoutMs) => admin.deleteTopics(['a'], { timeoutMs }), { responses: [done] }],
  CreatePartitions: [
    (admin, timeoutMs) => admin.createPartitions({ a: { totalCount: 2 } }, { timeoutMs }),
    { results: [done] },
  ],
  ElectLeaders: [
    (admin, timeoutMs) => admin.electLeaders('preferred', null, { timeoutMs }),
    { errorCode: 0, replicaElectionResults: [] },
  ],
  AlterPartitionReassignments: [
    (admin, timeoutMs) => admin.alterPartitionReassignments([{ ...place, replicas: [1] }], { timeoutMs }),
    { errorCode: 0, responses: [{ name: 'a', partitions: [ofPartition] }] },
  ],
  ListPartitionReassignments: [
    (admin, timeoutMs) => admin.listPartitionReassignments(null, { timeoutMs }),
    { errorCode: 0, topics: [] },
  ],
  DeleteRecords: [
    (admin, timeoutMs) => admin.deleteRecords([{ ...place, offset: 1 }], { timeoutMs }),
    { topics: [{ name: 'a', partitions: [ofPartition] }] },
  ],
  ListOffsets: [
    (admin, timeoutMs) => admin.listOffsets([{ ...place, spec: 'latest' }], { timeoutMs }),
    { topics: [{ name: 'a', partitions: [ofPartition] }] },
  ],
}

/** Nobody can say whether brokers know of a change, which is not what is asked here. */
const Metadata: Answerer = () => {
  throw new Error('unreachable')
}

test.each(Object.entries(calls))(
  '%s gives a broker most of the time, but less than the client waits',
  async (api, [call, answer]) => {
    const fake = new FakeCluster({ Metadata, [api]: () => answer })
    fake.options.requestTimeoutMs = 30_000
    fake.leaders.a = [1]
    const admin = new Admin(fake.cluster)
    await call(admin, 60_000)
    await call(admin, 20_000)
    const [byRequest, byCall] = fake.sentTo(api).map(({ body }) => body.timeoutMs as number)
    expect(byRequest).toBe(29_000)
    expect(byCall).toBeGreaterThan(15_000)
    expect(byCall).toBeLessThanOrEqual(19_000)
  },
)
