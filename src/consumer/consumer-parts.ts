import type { BrokerPool } from '../cluster/broker-pool.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, type KafkaError } from '../errors.ts'
import { Deadline } from '../retry.ts'
import { noCounts } from './consumer-metrics.ts'
import { Delivery } from './delivery.ts'
import { Deserialization } from './deserialization.ts'
import { Fetcher } from './fetcher.ts'
import { FirstContact } from './first-contact.ts'
import { ConsumerGroup } from './group/consumer-group.ts'
import type { ResolvedConsumerOptions } from './options.ts'
import { type AssignedPartition, Partitions } from './partitions.ts'
import { PositionFinder } from './position-finder.ts'
import type { Runner } from './runner.ts'
import { isShared, noSubscription, type Subscription } from './subscription.ts'
import { TopicWatch } from './topic-watch.ts'
import { TroubleLog } from './trouble-log.ts'

/**
 * The parts of a consumer, and who of them has to hear what from whom: fetchers fill partitions, the delivery empties
 * them, the group gives and takes them, and nothing of it begins before the cluster was reached once.
 */
export class ConsumerParts<K, V> {
  readonly partitions = new Partitions()
  readonly counters = noCounts()
  readonly delivery: Delivery<K, V>
  readonly group: ConsumerGroup<K, V> | null
  readonly #options: ResolvedConsumerOptions<K, V>
  readonly #requestTimeoutMs: number
  readonly #trouble: TroubleLog
  readonly #fetchPool: BrokerPool
  readonly #groupPool: BrokerPool
  readonly #fetcher: Fetcher
  readonly #finder: PositionFinder
  readonly #contact: FirstContact
  readonly #topics: TopicWatch
  #subscription: Subscription = noSubscription
  #runner: Runner<K, V> | null = null

  constructor(cluster: Cluster, options: ResolvedConsumerOptions<K, V>, subscription: Subscription) {
    const { logger, retryBackoffMs, requestTimeoutMs } = cluster.options
    this.#options = options
    this.#requestTimeoutMs = requestTimeoutMs
    this.#subscription = subscription
    this.#trouble = new TroubleLog(logger)
    this.#fetchPool = cluster.pool()
    this.#groupPool = cluster.pool()
    const failure = (error: KafkaError): void => this.delivery.fail(error)
    this.delivery = new Delivery<K, V>(this.partitions, {
      deserialization: new Deserialization(options.keyDeserializer, options.valueDeserializer),
      onDeserializationError: options.onDeserializationError,
      retryBackoffMs,
      logger,
      roomFor: (partition) => this.#fetcher.roomFor(partition),
      positionWanted: () => this.#finder.wake(),
      asked: () => this.#begin(),
      counters: this.counters,
    })
    this.#fetcher = new Fetcher(cluster, this.#fetchPool, this.partitions, options, this.#trouble, {
      arrival: (bytes) => {
        this.counters.fetches++
        this.counters.fetchedBytes += bytes
        this.delivery.news.raise()
      },
      positionLost: () => this.#finder.wake(),
      failure,
    })
    const group = this.#openGroup(cluster)
    this.group = group
    const committed = group === null ? null : group.offsets.fetch.bind(group.offsets)
    this.#finder = new PositionFinder(cluster, this.partitions, { ...options, committed }, this.#trouble, {
      found: () => {
        this.#fetcher.wake()
        this.delivery.news.raise()
      },
      failure,
    })
    this.#topics = new TopicWatch(cluster, this.#trouble, options.allowAutoCreateTopics, {
      subscription: () => this.#subscription,
      alsoNeeded: () => [
        ...Array.from(this.partitions, ({ topic }) => topic),
        ...(this.group?.membership.topicsOfGroup ?? []),
      ],
      changed: () => this.group?.membership.rejoin('the topics of the subscription have changed'),
      refused: failure,
    })
    this.#contact = new FirstContact(cluster, { made: () => this.positionsChanged(), failed: failure })
  }

  get subscription(): Subscription {
    return this.#subscription
  }

  /** The user subscribes to something else, or assigns partitions. */
  subscribe(subscription: Subscription): void {
    this.#subscription = subscription
    this.#topics.subscriptionChanged()
  }

  /** Partitions were added, sought elsewhere or resumed. */
  positionsChanged(): void {
    if (this.#contact.isMade) {
      this.#finder.wake()
      this.#fetcher.wake()
    } else this.#contact.make()
    this.delivery.news.raise()
  }

  /** Partitions that were assigned by hand go at once; what is processed of them is committed, as by Java's `assign()`. */
  unassign(partitions: Iterable<AssignedPartition>, timeoutMs?: number): Promise<void> | undefined {
    const unassigned = [...partitions]
    // Without a contact nothing can have been processed.
    const commits = this.#options.enableAutoCommit && this.#contact.isMade
    const committed = commits ? this.group?.commitQuietly(unassigned, timeoutMs) : undefined
    for (const partition of unassigned) this.partitions.remove(partition)
    return committed
  }

  /** Lets the runner deliver until it ends; what is processed by then is committed. */
  async run(runner: Runner<K, V>): Promise<void> {
    this.delivery.begin('run()')
    this.#runner = runner
    try {
      await runner.run()
    } finally {
      this.delivery.end()
      this.#runner = null
      if (!this.delivery.closed && this.#options.enableAutoCommit) await this.group?.commitQuietly(this.partitions)
    }
  }

  /** Ends everything, within `requestTimeoutMs`: each step leaves those after it their share of the time. */
  async close(leaveGroup: boolean): Promise<void> {
    const deadline = new Deadline(this.#requestTimeoutMs)
    this.delivery.close()
    this.#finder.close()
    try {
      await this.#runner?.settled(deadline.remainingMs * 0.75)
      // Nobody gave these partitions to this consumer, so that it has nothing to give back.
      if (this.#subscription.kind === 'assigned') await this.unassign(this.partitions, deadline.remainingMs / 2)
      await this.group?.close(leaveGroup, Math.max(1, deadline.remainingMs))
    } finally {
      this.#fetcher.close()
      this.#topics.close()
      const error = new ClosedError('The consumer is closed')
      this.#fetchPool.close(error)
      this.#groupPool.close(error)
      for (const partition of [...this.partitions]) this.partitions.remove(partition)
    }
  }

  #openGroup(cluster: Cluster): ConsumerGroup<K, V> | null {
    const { groupId } = this.#options
    if (groupId === undefined) return null
    return new ConsumerGroup(
      cluster,
      this.#groupPool,
      groupId,
      this.#options,
      this.partitions,
      this.delivery,
      this.#trouble,
      this.counters,
      { topics: () => this.#topics.subscribed(), positionsWanted: () => this.positionsChanged() },
    )
  }

  /** The user's code asks for messages: a consumer joins its group when it is first asked for some. */
  #begin(): void {
    if (!this.#contact.isMade) {
      this.#contact.make()
      return
    }
    if (this.group === null || this.delivery.closed) return
    this.group.startAutoCommit()
    if (isShared(this.#subscription)) this.group.membership.start()
  }
}
