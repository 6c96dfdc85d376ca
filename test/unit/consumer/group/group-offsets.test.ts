import { beforeEach, expect, test } from 'vitest'
import { type Committer, GroupOffsets } from '../../../../src/consumer/group/group-offsets.ts'
import type { TopicPartitionOffset } from '../../../../src/consumer/topic-partition.ts'
import { eventually } from '../../eventually.ts'
import { ScriptedCoordinator } from './scripted-coordinator.ts'

interface CommitBody {
  generationIdOrMemberEpoch: number
  topics: Array<{
    name: string
    topicId: string
    partitions: Array<{ partitionIndex: number; committedOffset: number }>
  }>
}

const UNKNOWN_TOPIC_OR_PARTITION = 3
const NOT_COORDINATOR = 16
const REBALANCE_IN_PROGRESS = 27
const ID_T = 'AAAAAAAAAAAAAAAAAAAAAQ'
const ID_U = 'AAAAAAAAAAAAAAAAAAAAAg'

let coordinator: ScriptedCoordinator
let offsets: GroupOffsets
let committed: string[]
let kept: string[]
let generation: number
let committer: Committer

beforeEach(() => {
  coordinator = new ScriptedCoordinator()
  coordinator.addTopic('t', ID_T, 2)
  coordinator.addTopic('u', ID_U, 2)
  offsets = new GroupOffsets(coordinator.cluster, 'g', 'read_committed')
  committed = []
  kept = []
  generation = 1
  committer = {
    identity: () => ({ memberId: 'm', generation, groupInstanceId: null }),
    keeps: ({ topic, partition }) => kept.includes(`${topic}-${partition}`),
    committed: ({ topic, partition }) => committed.push(`${topic}-${partition}`),
  }
})

const at = (topic: string, partition: number, offset = 5): TopicPartitionOffset => ({ topic, partition, offset })

/** Answers each commit by the codes that are given for its partitions, 0 for all others. */
function refuse(...rounds: Array<Record<string, number>>): void {
  coordinator.answers.OffsetCommit = (body) => {
    const codes = rounds.shift() ?? {}
    const { topics } = body as unknown as CommitBody
    return {
      topics: topics.map(({ name, topicId, partitions }) => ({
        name: '',
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: codes[`${name}-${partitionIndex}`] ?? 0,
        })),
      })),
    }
  }
}

const partitionsOf = (body: unknown): string[] => {
  return (body as CommitBody).topics.flatMap(({ name, partitions }) =>
    partitions.map((p) => `${name}-${p.partitionIndex}`),
  )
}

test('offsets of a topic that is gone fail at once, and keep no others from being committed', async () => {
  refuse({ 'u-0': UNKNOWN_TOPIC_OR_PARTITION })
  coordinator.onRefresh = () => void coordinator.topics.delete('u')
  await expect(offsets.commit([at('t', 0), at('u', 0)], committer)).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    topic: 'u',
    partition: 0,
  })
  expect(committed).toEqual(['t-0'])
  expect([coordinator.asked.length, coordinator.refreshes]).toEqual([1, 1])
})

test('a topic that one broker does not know, but metadata does, is tried again; what was accepted is not', async () => {
  refuse({ 'u-0': UNKNOWN_TOPIC_OR_PARTITION }, { 'u-0': NOT_COORDINATOR })
  await offsets.commit([at('t', 0), at('u', 0)], committer)
  expect(coordinator.asked.map(({ body }) => partitionsOf(body))).toEqual([['t-0', 'u-0'], ['u-0'], ['u-0']])
  expect(committed).toEqual(['t-0', 'u-0'])
})

test('a topic whose id is not known is named, in commits and in questions', async () => {
  coordinator.answers.OffsetCommit = () => ({
    topics: [{ name: 'new', partitions: [{ partitionIndex: 0, errorCode: 0 }] }],
  })
  coordinator.answers.OffsetFetch = () => ({
    groups: [
      {
        errorCode: 0,
        topics: [{ name: 'new', partitions: [{ partitionIndex: 0, errorCode: 0, committedOffset: 5 }] }],
      },
    ],
  })
  await offsets.commit([at('new', 0)], committer)
  expect(await offsets.fetch([{ topic: 'new', partition: 0 }])).toMatchObject([{ offset: 5 }])
  refuse()
  await offsets.commit([at('t', 0)], committer)
  expect(coordinator.asked.map(({ options }) => options.version)).toEqual([9, 9, 10])
})

test('a commit that waits for its turn ends in time, or when its signal says so, and is not sent any more', async () => {
  const first = Promise.withResolvers<object>()
  coordinator.answers.OffsetCommit = () => first.promise
  const hanging = offsets.commit([at('t', 0)], committer)
  await eventually(() => expect(coordinator.asked).toHaveLength(1))
  await expect(offsets.commit([at('t', 0, 6)], committer, { timeoutMs: 5 })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  const controller = new AbortController()
  const aborted = offsets.commit([at('t', 0, 7)], committer, { signal: controller.signal })
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  first.resolve({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] }] })
  await hanging
  refuse()
  await offsets.commit([at('t', 1)], committer)
  expect(coordinator.asked.map(({ body }) => partitionsOf(body))).toEqual([['t-0'], ['t-1']])
})

test('a caller with little time does not take the connection away from everybody', async () => {
  coordinator.answers.OffsetCommit = () => new Promise(() => {})
  const commit = offsets.commit([at('t', 0)], committer, { timeoutMs: 5 })
  await expect(commit).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(coordinator.asked[0].options.timeoutMs).toBeUndefined()
})

test('a commit that is late says what kept it', async () => {
  let asked = 0
  coordinator.answers.OffsetCommit = () => {
    if (asked++ > 0) return new Promise(() => {})
    return {
      topics: [{ name: '', topicId: ID_T, partitions: [{ partitionIndex: 0, errorCode: REBALANCE_IN_PROGRESS }] }],
    }
  }
  const error = await offsets.commit([at('t', 0)], committer, { timeoutMs: 300 }).catch((reason) => reason)
  expect(error).toMatchObject({ name: 'TimeoutError', cause: { code: 'REBALANCE_IN_PROGRESS' } })
  expect(error.message).toMatch(/Committing t-0 for group 'g' was not done within 300 ms: .*REBALANCE_IN_PROGRESS/)
})

test('after a rebalance only what the member has kept is committed, in its new generation', async () => {
  coordinator.answers.OffsetCommit = () => {
    generation = 2
    kept = ['t-1']
    refuse()
    return {
      topics: [0, 1].map((partitionIndex) => ({
        name: 't',
        partitions: [{ partitionIndex, errorCode: REBALANCE_IN_PROGRESS }],
      })),
    }
  }
  await expect(offsets.commit([at('t', 0), at('t', 1)], committer)).rejects.toMatchObject({
    code: 'ILLEGAL_GENERATION',
    partition: 0,
  })
  expect(committed).toEqual(['t-1'])
  expect(coordinator.asked.map(({ body }) => (body as unknown as CommitBody).generationIdOrMemberEpoch)).toEqual([1, 2])
})

test('who is no member any more commits nothing in nobody’s name', async () => {
  coordinator.answers.OffsetCommit = () => {
    generation = -1
    kept = ['t-0']
    return { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: REBALANCE_IN_PROGRESS }] }] }
  }
  await expect(offsets.commit([at('t', 0)], committer)).rejects.toMatchObject({ code: 'ILLEGAL_GENERATION' })
  expect(coordinator.asked).toHaveLength(1)
})
