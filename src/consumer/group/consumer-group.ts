import { AsyncLocalStorage } from 'node:async_hooks'
import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { brokerError, KafkaError, TimeoutError } from '../../errors.ts'
import { Deadline } from '../../retry.ts'
import { AutoCommit } from '../auto-commit.ts'
import type { ConsumerCounters } from '../consumer-metrics.ts'
import type { Delivery } from '../delivery.ts'
import { inTime } from '../in-time.ts'
import type { PartitionsListener, ResolvedConsumerOptions } from '../options.ts'
import type { AssignedPartition, Partitions } from '../partitions.ts'
import { partitionList, type TopicPartition, type TopicPartitionOffset } from '../topic-partition.ts'
import type { TroubleLog } from '../trouble-log.ts'
import { assignors } from './assignors/index.ts'
import { ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID } from './error-codes.ts'
import { GroupOffsets, type RequestLimits } from './group-offsets.ts'
import { Membership, type MembershipHost } from './membership.ts'

export interface ConsumerGroupHost {
  /** The topics that the consumer subscribes to now. */
  topics(): Promise<string[]>
  /** Partitions without a position were added. */
  positionsWanted(): void
}

/** What a consumer has to do with its group: being a member of it, and committing offsets to it. */
export class ConsumerGroup<K, V> implements MembershipHost {
  readonly groupId: string
  readonly offsets: GroupOffsets
  readonly membership: Membership
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions<K, V>
  readonly #partitions: Partitions
  readonly #delivery: Delivery<K, V>
  readonly #counters: ConsumerCounters
  readonly #host: ConsumerGroupHost
  readonly #dropping = new WeakSet<AssignedPartition>()
  readonly #insideListener = new AsyncLocalStorage<true>()
  #autoCommit: AutoCommit | null = null

  constructor(
    cluster: Cluster,
    pool: BrokerPool,
    groupId: string,
    options: ResolvedConsumerOptions<K, V>,
    partitions: Partitions,
    delivery: Delivery<K, V>,
    trouble: TroubleLog,
    counters: ConsumerCounters,
    host: ConsumerGroupHost,
  ) {
    this.groupId = groupId
    this.#cluster = cluster
    this.#options = options
    this.#partitions = partitions
    this.#delivery = delivery
    this.#counters = counters
    this.#host = host
    this.offsets = new GroupOffsets(cluster, groupId, options.isolationLevel)
    this.membership = new Membership(
      cluster,
      pool,
      {
        groupId,
        groupInstanceId: options.groupInstanceId ?? null,
        assignors: options.partitionAssignmentStrategy.map((name) => assignors[name]),
        sessionTimeoutMs: options.sessionTimeoutMs,
        heartbeatIntervalMs: options.heartbeatIntervalMs,
        maxPollIntervalMs: options.maxPollIntervalMs,
        clientRack: options.clientRack ?? null,
      },
      this,
      trouble,
    )
  }

  /** True in code that a listener of the user's runs. */
  get isInsideListener(): boolean {
    return this.#insideListener.getStore() === true
  }

  /** From now on what is processed is committed by and by. */
  startAutoCommit(): void {
    if (!this.#options.enableAutoCommit) return
    this.#autoCommit ??= new AutoCommit(this.#options.autoCommitIntervalMs, () => this.commitQuietly(this.#partitions))
  }

  /** @throws BrokerError when the group does not accept it */
  async commit(offsets: readonly TopicPartitionOffset[], limits: RequestLimits = {}): Promise<void> {
    if (this.membership.isLost) {
      // In nobody's name it might be accepted, and move the group back.
      const subject = `Committing ${partitionList(offsets)} for group '${this.groupId}', which has given this member up`
      throw brokerError(UNKNOWN_MEMBER_ID, subject)
    }
    const owned = new Map(offsets.map((each) => [each, this.#partitions.get(each)]))
    await this.offsets.commit(
      offsets,
      {
        identity: () => this.membership.identity,
        keeps: (each) => owned.get(each) !== undefined && this.#partitions.get(each) === owned.get(each),
        committed: (each) => {
          const partition = owned.get(each)
          if (partition === undefined) return
          partition.committed = each.offset
          partition.countUpTo(each.offset, each.leaderEpoch)
        },
      },
      limits,
    )
    if (offsets.length > 0) this.#counters.commits++
  }

  /** Commits what is processed of these partitions; a failure is a line in the log, for there will be a next time. */
  async commitQuietly(partitions: Iterable<AssignedPartition>, timeoutMs = this.#commitTimeoutMs): Promise<void> {
    const offsets = this.membership.isLost ? [] : uncommitted(partitions)
    if (offsets.length === 0) return
    try {
      await this.commit(offsets, { timeoutMs })
    } catch (error) {
      const { logger } = this.#cluster.options
      // The rebalance itself sees to it that nothing is lost; the next owner starts a little earlier.
      if (isAboutRebalance(error)) logger.debug('Committing what was processed came too late', { error })
      else
        logger.warn(`Not all of ${partitionList(offsets)} could be committed; they are with the next offsets`, {
          error,
        })
    }
  }

  /** Gives back everything, then leaves; the consumer may join again later. */
  async leave(): Promise<void> {
    this.membership.retire()
    // Not in turn with the user's code: it is the user's code that asks for it.
    await this.#drop(this.owned())
    await this.membership.leave(this.#cluster.options.requestTimeoutMs)
    // A next() that waits may ask for the next membership now.
    this.#delivery.news.raise()
  }

  /** Commits, gives everything back, and leaves if `leaveGroup`. */
  async close(leaveGroup: boolean, timeoutMs: number): Promise<void> {
    const deadline = new Deadline(timeoutMs)
    this.#autoCommit?.stop()
    this.membership.retire()
    await this.#drop(this.owned(), deadline)
    await this.membership.close(leaveGroup, Math.max(1, deadline.remainingMs))
  }

  topics(): Promise<string[]> {
    return this.#host.topics()
  }

  owned(): TopicPartition[] {
    return this.#partitions.list()
  }

  isPolling(): boolean {
    const polling = this.#delivery.asked || this.#delivery.waiting
    this.#delivery.asked = false
    return polling
  }

  failure(error: KafkaError): void {
    this.#delivery.fail(error)
  }

  giveUp(coordinates: readonly TopicPartition[]): Promise<void> {
    if (coordinates.length === 0) return Promise.resolve()
    return this.#delivery.handover.exclusively(() => this.#drop(coordinates))
  }

  /** Each step may take half of the time that is left before the deadline, so that those after it have their share. */
  async #drop(coordinates: readonly TopicPartition[], deadline?: Deadline): Promise<void> {
    // A rebalance and the consumer's close() or leave() may both want to: the first does.
    const partitions = coordinates
      .flatMap((each) => this.#partitions.get(each) ?? [])
      .filter((partition) => !this.#dropping.has(partition))
    if (partitions.length === 0) return
    for (const partition of partitions) this.#dropping.add(partition)
    const { enableAutoCommit, onPartitionsRevoked, onPartitionsLost = onPartitionsRevoked } = this.#options
    const share = (): number | undefined => deadline && Math.ceil(deadline.remainingMs / 2)
    if (enableAutoCommit) await this.commitQuietly(partitions, share())
    if (this.membership.isLost) await this.#tell('onPartitionsLost', onPartitionsLost, partitions, share())
    else await this.#tell('onPartitionsRevoked', onPartitionsRevoked, partitions, share())
    for (const partition of partitions) this.#partitions.remove(partition)
  }

  async receive(coordinates: readonly TopicPartition[]): Promise<void> {
    this.#counters.rebalances++
    for (const { topic, partition } of coordinates) {
      const added = this.#partitions.add(topic, partition)
      added.seekTo({ kind: 'committed' })
      // Nothing of it is delivered before the listener has seen it.
      added.busy = this.#options.onPartitionsAssigned !== undefined
    }
    this.#host.positionsWanted()
    const { onPartitionsAssigned } = this.#options
    if (onPartitionsAssigned === undefined) return
    await this.#delivery.handover.exclusively(() =>
      this.#tell('onPartitionsAssigned', onPartitionsAssigned, coordinates),
    )
    for (const each of coordinates) {
      const added = this.#partitions.get(each)
      if (added !== undefined) added.busy = false
    }
    this.#delivery.news.raise()
  }

  /** A rebalance is no time to wait for a coordinator that is gone: the others wait for this member. */
  get #commitTimeoutMs(): number {
    return Math.min(this.#cluster.options.requestTimeoutMs, Math.ceil(this.#options.maxPollIntervalMs / 2))
  }

  async #tell(
    name: string,
    listener: PartitionsListener | undefined,
    coordinates: readonly TopicPartition[],
    timeoutMs?: number,
  ): Promise<void> {
    if (listener === undefined) return
    const partitions = coordinates.map(({ topic, partition }) => ({ topic, partition }))
    try {
      const told = this.#insideListener.run(true, async () => listener(partitions))
      await (timeoutMs === undefined ? told : inTime(told, new Deadline(timeoutMs), name))
    } catch (cause) {
      // The rebalance cannot wait for a better answer; the user's code learns of it when it asks next.
      const reason = cause instanceof Error ? cause.message : String(cause)
      const about = `${name} failed for ${partitionList(coordinates)}: ${reason}`
      // After close() nobody asks any more.
      if (this.#delivery.closed) this.#cluster.options.logger.warn(about, { error: cause })
      else this.#delivery.fail(new KafkaError(about, { code: 'HANDLER_FAILED', cause }))
    }
  }
}

/** What is processed and not committed yet. */
export function uncommitted(partitions: Iterable<AssignedPartition>): TopicPartitionOffset[] {
  const offsets: TopicPartitionOffset[] = []
  for (const { topic, partition, processed, processedEpoch, committed } of partitions) {
    if (processed >= 0 && processed !== committed) {
      offsets.push({ topic, partition, offset: processed, leaderEpoch: processedEpoch })
    }
  }
  return offsets
}

function isAboutRebalance(error: unknown): boolean {
  // A rebalance that took longer than the commit could wait is the cause of a TimeoutError.
  const { errorCode } = ((error instanceof TimeoutError ? error.cause : error) ?? {}) as { errorCode?: number }
  return errorCode === UNKNOWN_MEMBER_ID || errorCode === ILLEGAL_GENERATION || errorCode === REBALANCE_IN_PROGRESS
}
