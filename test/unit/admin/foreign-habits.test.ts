import { expect, test } from 'vitest'
import { Admin } from '../../../src/admin/admin.ts'
import { UsageError } from '../../../src/errors.ts'
import { FakeCluster } from './fake-cluster.ts'

const topic = (more: object) => (admin: Admin) => admin.createTopics([{ name: 'a', ...more }] as never)
const growth = (topics: unknown) => (admin: Admin) => admin.createPartitions(topics as never)

/** What users of KafkaJS and of Java's Admin type first, and what they are told. */
test.each<[string, (admin: Admin) => Promise<unknown>, RegExp]>([
  ['topic', topic({ topic: 'a' }), /topics\[0\]: unknown option 'topic'; did you mean 'name'\?/],
  ['configEntries', topic({ configEntries: [] }), /unknown option 'configEntries'; did you mean 'configs'\?/],
  ['replicaAssignment', topic({ replicaAssignment: [] }), /'replicaAssignment'; did you mean 'assignments'\?/],
  ['replicasAssignments', topic({ replicasAssignments: {} }), /'replicasAssignments'; did you mean 'assignments'\?/],
  [
    'configEntries of a change',
    (admin) => admin.incrementalAlterConfigs([{ type: 'topic', name: 'a', configEntries: [] } as never]),
    /resources\[0\]: unknown option 'configEntries'; did you mean 'configs'\?/,
  ],
  ['count', growth({ a: { count: 6 } }), /topic 'a': unknown option 'count'; did you mean 'totalCount'\?/],
  [
    'topicPartitions',
    growth({ topicPartitions: [{ topic: 'a', count: 6 }] }),
    /topic 'topicPartitions': options must be an object such as { totalCount: 6 }, got an array; topics are keyed by name/,
  ],
])('%s', async (_, call, message) => {
  const fake = new FakeCluster({})
  const answer = call(new Admin(fake.cluster))
  await expect(answer).rejects.toThrow(UsageError)
  await expect(answer).rejects.toThrow(message)
  expect(fake.sent).toEqual([])
})
