import type { RequestInput, ResponseOf } from '../../../protocol/api.ts'
import { offsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { ZERO_UUID } from '../../../protocol/uuid.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION } from '../../cluster/error-codes.ts'
import { brokerError, DecodeError, KafkaError } from '../../errors.ts'
import { Backoff, Deadline, sleep } from '../../retry.ts'
import { inTime, lateError, type Progress } from '../in-time.ts'
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
import { GroupConnection } from './group-connection.ts'

/** In whose name offsets are committed: a member in its generation, or nobody in particular (`assign()`). */
export interface MemberIdentity {
  readonly memberId: string
  readonly generation: number
  readonly groupInstanceId: string | null
}

/** Who commits. A rebalance can come while a commit waits for its turn, or is tried again. */
export interface Committer {
  identity(): MemberIdentity
  /** Whether it has kept the partition since it asked for the commit. */
  keeps(offset: TopicPartitionOffset): boolean
  committed(offset: TopicPartitionOffset): void
}

export interface RequestLimits {
  timeoutMs?: number
  signal?: AbortSignal
}

/** What was not committed, by error code. */
type Refusals = Map<number, TopicPartitionOffset[]>

/** From this version on one request names several groups (KIP-709). */
const FIRST_FETCH_WITH_GROUPS = 8
/** From this version on both requests name topics by their ids (KIP-848). */
const FIRST_VERSION_BY_ID = 10

/** The offsets that a group has committed, kept by its coordinator. */
export class GroupOffsets {
  readonly #cluster: Cluster
  readonly #groupId: string
  readonly #isolationLevel: IsolationLevel
  readonly #coordinator: GroupConnection
  /** Commits go out one after another: an older one that overtakes a newer one would move the group back. */
  #last: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, groupId: string, isolationLevel: IsolationLevel) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#isolationLevel = isolationLevel
    this.#coordinator = new GroupConnection(cluster, cluster.control, groupId)
  }

  /**
   * Commits, each offset for itself; what a coordinator on the move, or a rebalance, refuses is tried again until time
   * is up. After a rebalance only what the committer has kept is committed.
   * @throws BrokerError, when the member lost its place in the group or for what no retry cures; TimeoutError
   */
  commit(offsets: readonly TopicPartitionOffset[], committer: Committer, limits: RequestLimits = {}): Promise<void> {
    if (offsets.length === 0) return Promise.resolve()
    const { timeoutMs = this.#cluster.options.defaultApiTimeoutMs, signal } = limits
    const deadline = new Deadline(timeoutMs)
    const member = committer.identity()
    // Once whoever asked for it was told that it failed, it must not go out any more.
    let isWaitedFor = true
    const progress: Progress = {}
    const commit = this.#last.then(async () => {
      if (isWaitedFor) await this.#commit(offsets, member, committer, deadline, signal, progress)
    })
    this.#last = commit.catch(() => {})
    const what = `Committing ${partitionList(offsets)} for group '${this.#groupId}'`
    return inTime(commit, deadline, what, signal, progress).finally(() => {
      isWaitedFor = false
    })
  }

  async #commit(
    offsets: readonly TopicPartitionOffset[],
    member: MemberIdentity,
    committer: Committer,
    deadline: Deadline,
    signal: AbortSignal | undefined,
    progress: Progress,
  ): Promise<void> {
    const what = `Committing ${partitionList(offsets)} for group '${this.#groupId}'`
    const refused: Refusals = new Map()
    let left = offsets
    // A topic that is gone shows in fresh metadata.
    const untrack = this.#cluster.track(() => offsets.map(({ topic }) => topic))
    try {
      await this.#retry(what, deadline, signal, progress, async () => {
        const current = committer.identity()
        if (current.generation !== member.generation || current.memberId !== member.memberId) {
          const isKept = (each: TopicPartitionOffset): boolean => current.generation >= 0 && committer.keeps(each)
          refuse(refused, ILLEGAL_GENERATION, ...left.filter((each) => !isKept(each)))
          left = left.filter(isKept)
        }
        if (left.length === 0) return null
        const codes = await this.#sendCommit(left, current)
        const isUnknown = [...codes.values()].some(isAboutUnknownTopic)
        for (const each of left) if (codes.get(keyOf(each)) === 0) committer.committed(each)
        left = left.filter((each) => codes.get(keyOf(each)) !== 0)
        if (isUnknown) await this.#cluster.refresh()
        const again: TopicPartitionOffset[] = []
        for (const each of left) {
          const code = codes.get(keyOf(each))
          if (code !== undefined && !this.#isCurable(code, each)) refuse(refused, code, each)
          else again.push(each)
        }
        left = again
        if (left.length === 0) return null
        const code = codes.get(keyOf(left[0]))
        return code === undefined ? incomplete(what) : commitError(code, this.#groupId, left)
      })
    } finally {
      untrack()
    }
    for (const [code, ofCode] of refused) throw commitError(code, this.#groupId, ofCode)
  }

  /** @returns error codes by partition */
  async #sendCommit(
    offsets: readonly TopicPartitionOffset[],
    member: MemberIdentity,
  ): Promise<ReadonlyMap<string, number>> {
    const response = await this.#coordinator.send(offsetCommit, this.#commitRequest(offsets, member), {
      maxVersion: this.#maxVersion(offsets, offsetCommit.maxVersion),
      errorCode: ({ topics }) => topics[0]?.partitions[0]?.errorCode ?? 0,
    })
    const codes = new Map<string, number>()
    for (const topic of response.topics) {
      const name = this.#nameIn(topic)
      for (const { partitionIndex, errorCode } of topic.partitions)
        codes.set(partitionKey(name, partitionIndex), errorCode)
    }
    return codes
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
    const { timeoutMs = this.#cluster.options.defaultApiTimeoutMs, signal } = limits
    const deadline = new Deadline(timeoutMs)
    const what = `Looking up offsets of group '${this.#groupId}' for ${partitionList(partitions)}`
    const progress: Progress = {}
    const found = this.#retry(what, deadline, signal, progress, async () => {
      const response = await this.#coordinator.send(offsetFetch, (version) => this.#fetchRequest(partitions, version), {
        maxVersion: this.#maxVersion(partitions, offsetFetch.maxVersion),
        errorCode: groupError,
      })
      return this.#readOffsets(response, partitions)
    })
    return inTime(found, deadline, what, signal, progress)
  }

  /**
   * Tries until there is an outcome that no retry would change. Requests have all the time that requests have, for one
   * that times out takes everybody's connection with it: callers with less time do not wait for this.
   */
  async #retry<T>(
    what: string,
    deadline: Deadline,
    signal: AbortSignal | undefined,
    progress: Progress,
    attempt: () => Promise<T | KafkaError>,
  ): Promise<T> {
    const backoff = new Backoff(this.#cluster.options.retryBackoffMs, this.#cluster.options.retryBackoffMaxMs)
    for (;;) {
      const outcome = await this.#cluster.connect().then(attempt).catch(asOutcome)
      if (!(outcome instanceof KafkaError)) return outcome
      if (!outcome.retriable) throw outcome
      progress.lastError = outcome
      const delay = backoff.next()
      if (delay >= deadline.remainingMs) throw lateError(what, deadline, outcome)
      await sleep(delay, signal)
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
    if (version >= FIRST_FETCH_WITH_GROUPS) return { groups: [{ groupId: this.#groupId, topics }], requireStable }
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
      const name = this.#nameIn(topic)
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
    return incomplete(subject)
  }

  /** A topic whose id is not known yet can only be asked for by its name. */
  #maxVersion(partitions: readonly TopicPartition[], maxVersion: number): number {
    const areKnown = partitions.every(({ topic }) => this.#topicId(topic) !== ZERO_UUID)
    return areKnown ? maxVersion : FIRST_VERSION_BY_ID - 1
  }

  /** Whether an answer can be another one next time: of an unknown topic, if fresh metadata knows it. */
  #isCurable(code: number, offset: TopicPartitionOffset): boolean {
    if (isAboutUnknownTopic(code)) return this.#isKnown(offset)
    return commitError(code, this.#groupId, [offset]).retriable
  }

  #isKnown({ topic, partition }: TopicPartition): boolean {
    return partition < (this.#cluster.metadata.topics.get(topic)?.partitions.length ?? 0)
  }

  #topicId(name: string): string {
    return this.#cluster.metadata.topics.get(name)?.topicId ?? ZERO_UUID
  }

  #nameIn(topic: { name: string; topicId?: string }): string {
    return topic.name !== '' ? topic.name : (this.#cluster.metadata.topicNames.get(topic.topicId ?? '') ?? '')
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}

function refuse(refused: Refusals, code: number, ...offsets: TopicPartitionOffset[]): void {
  if (offsets.length > 0) refused.set(code, [...(refused.get(code) ?? []), ...offsets])
}

function asOutcome(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error
  throw error
}

function isAboutUnknownTopic(errorCode: number): boolean {
  return errorCode === UNKNOWN_TOPIC_OR_PARTITION || errorCode === UNKNOWN_TOPIC_ID
}

function incomplete(what: string): DecodeError {
  return new DecodeError(`${what}: the answer does not cover every partition asked for`, { retriable: true })
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
    ...(errorCode === REBALANCE_IN_PROGRESS ? { retriable: true } : {}),
    ...(offsets.length === 1 ? { topic, partition, offset } : {}),
  })
}
