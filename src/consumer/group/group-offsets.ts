import type { RequestInput, ResponseOf } from '../../../protocol/api.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { brokerError, DecodeError, type KafkaError, TimeoutError } from '../../errors.ts'
import { Backoff, Deadline, sleep } from '../../retry.ts'
import type { IsolationLevel } from '../options.ts'
import {
  groupByTopic,
  partitionKey,
  partitionList,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../topic-partition.ts'
import {
  FENCED_INSTANCE_ID,
  GROUP_AUTHORIZATION_FAILED,
  ILLEGAL_GENERATION,
  REBALANCE_IN_PROGRESS,
  UNKNOWN_MEMBER_ID,
} from './error-codes.ts'

/** In whose name offsets are committed: a member in its generation, or nobody in particular (`assign()`). */
export interface MemberIdentity {
  readonly memberId: string
  readonly generation: number
  readonly groupInstanceId: string | null
}

export interface RequestLimits {
  timeoutMs?: number
  signal?: AbortSignal
}

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** From this version on one request names several groups (KIP-709). */
const FIRST_VERSION_WITH_GROUPS = 8

/** The offsets that a group has committed, kept by its coordinator. */
export class GroupOffsets {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #isolationLevel: IsolationLevel
  /** Commits go out one after another: an older one that overtakes a newer one would move the group back. */
  #last: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, groupId: string, isolationLevel: IsolationLevel) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#isolationLevel = isolationLevel
  }

  /**
   * Commits in the name of whoever `identity` says when its turn has come. What a coordinator on the move, or a
   * rebalance, refuses is tried again until time is up.
   * @throws BrokerError, when the member lost its place in the group or for what no retry cures
   */
  commit(
    offsets: readonly TopicPartitionOffset[],
    identity: () => MemberIdentity,
    limits: RequestLimits = {},
  ): Promise<void> {
    if (offsets.length === 0) return Promise.resolve()
    const commit = this.#last.then(() => this.#commit(offsets, identity, limits))
    this.#last = commit.catch(() => {})
    return commit
  }

  async #commit(
    offsets: readonly TopicPartitionOffset[],
    identity: () => MemberIdentity,
    limits: RequestLimits,
  ): Promise<void> {
    const { defaultApiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const deadline = new Deadline(limits.timeoutMs ?? defaultApiTimeoutMs)
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    for (;;) {
      const response = await this.#cluster.send(
        offsetCommit,
        () => this.#commitRequest(offsets, identity()),
        { group: this.#groupId },
        { timeoutMs: Math.max(1, deadline.remainingMs), signal: limits.signal, errorCode: firstCommitError },
      )
      const errorCode = firstCommitError(response)
      if (errorCode === 0) return
      const error = commitError(errorCode, this.#groupId, offsets)
      const delay = backoff.next()
      if (!(error.retriable || errorCode === REBALANCE_IN_PROGRESS) || delay >= deadline.remainingMs) throw error
      await sleep(delay, limits.signal)
    }
  }

  #commitRequest(
    offsets: readonly TopicPartitionOffset[],
    { memberId, generation, groupInstanceId }: MemberIdentity,
  ): RequestInput<typeof offsetCommit> {
    return {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: generation,
      memberId,
      groupInstanceId,
      topics: Array.from(groupByTopic(offsets), ([name, partitions]) => ({
        name,
        topicId: this.#topicId(name),
        partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch ?? -1,
          committedMetadata: metadata ?? '',
        })),
      })),
    }
  }

  /**
   * @returns what is committed for each partition, in their order; offset −1 where nothing is
   * @throws AuthorizationError; TimeoutError
   */
  async fetch(partitions: readonly TopicPartition[], limits: RequestLimits = {}): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const { defaultApiTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const deadline = new Deadline(limits.timeoutMs ?? defaultApiTimeoutMs)
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    for (;;) {
      const response = await this.#cluster.send(
        offsetFetch,
        (version) => this.#fetchRequest(partitions, version),
        { group: this.#groupId },
        { timeoutMs: Math.max(1, deadline.remainingMs), signal: limits.signal, errorCode: groupError },
      )
      const answer = this.#readOffsets(response, partitions)
      if (Array.isArray(answer)) return answer
      const delay = backoff.next()
      if (!answer.retriable) throw answer
      if (delay >= deadline.remainingMs) {
        throw new TimeoutError(
          `No committed offsets of group '${this.#groupId}' for ${partitionList(partitions)} within ${deadline.timeoutMs} ms: ${answer.message}`,
          { cause: answer },
        )
      }
      await sleep(delay, limits.signal)
    }
  }

  #fetchRequest(partitions: readonly TopicPartition[], version: number): RequestInput<typeof offsetFetch> {
    // Offsets that a running transaction is about to replace are waited for (KIP-447).
    const requireStable = version >= 7 && this.#isolationLevel === 'read_committed'
    const topics = Array.from(groupByTopic(partitions), ([name, ofTopic]) => ({
      name,
      topicId: this.#topicId(name),
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }))
    if (version >= FIRST_VERSION_WITH_GROUPS) return { groups: [{ groupId: this.#groupId, topics }], requireStable }
    return {
      groupId: this.#groupId,
      topics: topics.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })),
      requireStable,
    }
  }

  #readOffsets(
    response: ResponseOf<typeof offsetFetch>,
    partitions: readonly TopicPartition[],
  ): TopicPartitionOffset[] | KafkaError {
    const subject = `Committed offsets of group '${this.#groupId}'`
    const errorCode = groupError(response)
    if (errorCode !== 0) return brokerError(errorCode, subject, { resource: this.#groupId })
    const committed = new Map<string, TopicPartitionOffset>()
    for (const topic of response.groups[0]?.topics ?? response.topics) {
      const name = topic.name !== '' ? topic.name : this.#nameOf((topic as { topicId?: string }).topicId ?? '')
      for (const each of topic.partitions) {
        if (each.errorCode !== 0) {
          return brokerError(each.errorCode, `${subject} for ${partitionKey(name, each.partitionIndex)}`, {
            resource: name,
            topic: name,
            partition: each.partitionIndex,
          })
        }
        committed.set(partitionKey(name, each.partitionIndex), {
          topic: name,
          partition: each.partitionIndex,
          offset: each.committedOffset,
          leaderEpoch: each.committedLeaderEpoch,
          metadata: each.metadata,
        })
      }
    }
    const offsets = partitions.map(({ topic, partition }) => committed.get(partitionKey(topic, partition)))
    if (offsets.every((each) => each !== undefined)) return offsets
    // "Not mentioned" is not "not committed": taking it for that would skip or repeat the whole log.
    return new DecodeError(`${subject}: the answer does not cover every partition asked for`, { retriable: true })
  }

  #topicId(name: string): string {
    return this.#cluster.metadata.topics.get(name)?.topicId ?? ZERO_UUID
  }

  #nameOf(topicId: string): string {
    return this.#cluster.metadata.topicNames.get(topicId) ?? ''
  }
}

function firstCommitError(response: ResponseOf<typeof offsetCommit>): number {
  for (const { partitions } of response.topics) {
    for (const { errorCode } of partitions) if (errorCode !== 0) return errorCode
  }
  return 0
}

function groupError(response: ResponseOf<typeof offsetFetch>): number {
  return response.groups[0]?.errorCode ?? response.errorCode
}

function commitError(errorCode: number, groupId: string, offsets: readonly TopicPartitionOffset[]): KafkaError {
  const lostPlace =
    errorCode === UNKNOWN_MEMBER_ID || errorCode === ILLEGAL_GENERATION || errorCode === REBALANCE_IN_PROGRESS
  const hint = lostPlace ? '; the group has rebalanced, and these partitions may belong to another member by now' : ''
  const subject = `Committing ${partitionList(offsets)} for group '${groupId}'${hint}`
  const [{ topic, partition, offset }] = offsets
  return brokerError(errorCode, subject, {
    resource: errorCode === GROUP_AUTHORIZATION_FAILED ? groupId : topic,
    fatal: errorCode === FENCED_INSTANCE_ID,
    ...(offsets.length === 1 ? { topic, partition, offset } : {}),
  })
}
