import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { KafkaError } from '../../errors.ts'
import { Deadline } from '../../retry.ts'
import { AutoCommit } from '../auto-commit.ts'
import type { ConsumerCounters } from '../consumer-metrics.ts'
import type { Delivery } from '../delivery.ts'
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

  /** From now on what is processed is committed by and by. */
  startAutoCommit(): void {
    if (!this.#options.enableAutoCommit) return
    this.#autoCommit ??= new AutoCommit(this.#options.autoCommitIntervalMs, () => this.commitQuietly(this.#partitions))
  }

  /** @throws BrokerError when the group does not accept it */
  async commit(offsets: readonly TopicPartitionOffset[], limits: RequestLimits = {}): Promise<void> {
    await this.offsets.commit(offsets, () => this.membership.identity, limits)
    if (offsets.length > 0) this.#counters.commits++
    for (const each of offsets) {
      const partition = this.#partitions.get(each)
      if (partition === undefined) continue
      partition.committed = each.offset
      partition.countUpTo(each.offset, each.leaderEpoch)
    }
  }

  /** Commits what is processed of these partitions; a failure is a line in the log, for there will be a next time. */
  async commitQuietly(partitions: Iterable<AssignedPartition>, timeoutMs?: number): Promise<void> {
    const offsets = uncommitted(partitions)
    if (offsets.length === 0) return
    try {
      await this.commit(offsets, { timeoutMs })
    } catch (error) {
      const { logger } = this.#cluster.options
      // The rebalance itself sees to it that nothing is lost; the next owner starts a little earlier.
      if (isAboutRebalance(error)) logger.debug('Committing what was processed came too late', { error })
      else
        logger.warn(`Committing ${partitionList(offsets)} failed; they are committed with the next offsets`, { error })
    }
  }

  /** Gives back everything, then leaves; the consumer may join again later. */
  async leave(): Promise<void> {
    // Not in turn with the user's code: it is the user's code that asks for it.
    await this.#drop(this.owned(), () => false)
    await this.membership.leave(this.#cluster.options.requestTimeoutMs)
  }

  /** Commits, gives everything back, and leaves if `leaveGroup`. */
  async close(leaveGroup: boolean, timeoutMs: number): Promise<void> {
    const deadline = new Deadline(timeoutMs)
    this.#autoCommit?.stop()
    await this.#drop(this.owned(), () => false, timeoutMs)
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

  giveUp(coordinates: readonly TopicPartition[], isLost: () => boolean): Promise<void> {
    if (coordinates.length === 0) return Promise.resolve()
    return this.#delivery.handover.exclusively(() => this.#drop(coordinates, isLost))
  }

  async #drop(
    coordinates: readonly TopicPartition[],
    isLost: () => boolean,
    timeoutMs = this.#commitTimeoutMs,
  ): Promise<void> {
    // What the consumer's close() or leave() has dealt with by now is gone.
    const partitions = coordinates.flatMap((each) => this.#partitions.get(each) ?? [])
    if (partitions.length === 0) return
    const { enableAutoCommit, onPartitionsRevoked, onPartitionsLost = onPartitionsRevoked } = this.#options
    if (!isLost() && enableAutoCommit) await this.commitQuietly(partitions, timeoutMs)
    if (isLost()) await this.#tell('onPartitionsLost', onPartitionsLost, partitions)
    else await this.#tell('onPartitionsRevoked', onPartitionsRevoked, partitions)
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
  ): Promise<void> {
    try {
      await listener?.(coordinates.map(({ topic, partition }) => ({ topic, partition })))
    } catch (cause) {
      // The rebalance cannot wait for a better answer; the user's code learns of it when it asks next.
      const reason = cause instanceof Error ? cause.message : String(cause)
      const about = `${name} failed for ${partitionList(coordinates)}: ${reason}`
      this.#delivery.fail(new KafkaError(about, { code: 'HANDLER_FAILED', cause }))
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
  const { errorCode } = error as { errorCode?: number }
  return errorCode === UNKNOWN_MEMBER_ID || errorCode === ILLEGAL_GENERATION || errorCode === REBALANCE_IN_PROGRESS
}
