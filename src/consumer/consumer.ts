import type { Cluster } from '../cluster/cluster.ts'
import { ClosedError, UsageError } from '../errors.ts'
import { Deadline } from '../retry.ts'
import {
  type CommitTarget,
  isBoolean,
  isFunction,
  isIntegerFrom,
  isSignal,
  readCallOptions,
  readCommit,
  readDistinct,
  readOffsets,
  readPartitions,
} from './arguments.ts'
import { type ConsumerMetrics, consumerMetrics } from './consumer-metrics.ts'
import { ConsumerParts } from './consumer-parts.ts'
import type { Delivery } from './delivery.ts'
import { DeliveryIterator } from './delivery-iterator.ts'
import { type ConsumerGroup, uncommitted } from './group/consumer-group.ts'
import { type FoundPlace, findPlaces } from './list-offsets.ts'
import type { Message } from './message.ts'
import type { MessageBatch } from './message-batch.ts'
import { type ConsumerOptions, type ResolvedConsumerOptions, readConsumerOptions } from './options.ts'
import type { AssignedPartition, LogPlace, Partitions, PositionSource } from './partitions.ts'
import { type PollOptions, poll } from './poll.ts'
import { Runner, type RunOptions } from './runner.ts'
import {
  isShared,
  manualAssignment,
  noSubscription,
  readSubscription,
  type SubscribeTopics,
  subscribedTopics,
} from './subscription.ts'
import { groupByTopic, partitionKey, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts'

/** Who a consumer is in its group, as a transactional producer needs it to commit offsets for it (KIP-447). */
export interface ConsumerGroupMetadata {
  groupId: string
  /** −1 while the consumer is not a member. */
  generationId: number
  /** Empty while the consumer is not a member. */
  memberId: string
  groupInstanceId: string | null
}

export interface IterationOptions {
  /** Ends the iteration: a pending or later `next()` rejects with an `AbortError`. */
  signal?: AbortSignal
}

export interface QueryOptions {
  /** In ms; default `defaultApiTimeoutMs`. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface ConsumerCloseOptions {
  /** Tell the group that this member is gone for good. Default true, and false for a static member (KIP-345). */
  leaveGroup?: boolean
}

/** Batches cost the same however long they are, so that longer ones are cheaper a message. */
const DEFAULT_BATCH_RECORDS = 5000
const DEFAULT_POLL_RECORDS = 500

/**
 * Reads messages: of topics shared with the other members of a group, or of partitions assigned by hand.
 *
 * A message counts as processed when the next one is asked for; what is processed is committed. Trouble with brokers
 * never ends an iteration: it waits, and says so in the log. Only what no retry cures is thrown.
 */
export class Consumer<K = Buffer, V = Buffer> implements AsyncIterable<Message<K, V>> {
  readonly #cluster: Cluster
  readonly #options: ResolvedConsumerOptions<K, V>
  readonly #onClose: () => void
  readonly #parts: ConsumerParts<K, V>
  readonly #partitions: Partitions
  readonly #delivery: Delivery<K, V>
  #closing: Promise<void> | null = null

  /** @internal Use `kafka.consumer()`. */
  constructor(cluster: Cluster, options: ConsumerOptions<K, V>, onClose: () => void = () => {}) {
    const resolved = readConsumerOptions<K, V>(options)
    const { topics } = resolved
    this.#cluster = cluster
    this.#options = resolved
    this.#onClose = onClose
    const subscription = topics === undefined ? noSubscription : readSubscription(topics, "option 'topics'")
    this.#parts = new ConsumerParts(cluster, resolved, subscription)
    this.#partitions = this.#parts.partitions
    this.#delivery = this.#parts.delivery
  }

  /** All messages, one at a time: `for await (const message of consumer)`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message<K, V>> {
    return this.messages()
  }

  /**
   * All messages, one at a time. `next()` counts the message before as processed; leaving the loop does not.
   * `next()` throws what no retry cures: AuthorizationError, AuthenticationError, a fenced `groupInstanceId`,
   * UnsupportedVersionError, KafkaError `NO_OFFSET` and `CORRUPT_MESSAGE`, DecodeError `MESSAGE_TOO_LARGE`,
   * SerializationError; UsageError when another iteration is under way.
   */
  messages(options?: IterationOptions): AsyncIterableIterator<Message<K, V>> {
    const { signal } = readCallOptions(options, { signal: isSignal }, 'messages()')
    this.#requireReadable('messages()')
    return new DeliveryIterator(this.#delivery, 'messages()', (partition) => this.#delivery.take(partition), signal)
  }

  /** The same in runs of one partition's messages, of at most `maxPollRecords` (default 5000): the fastest way. */
  batches(options?: IterationOptions): AsyncIterableIterator<MessageBatch<K, V>> {
    const { signal } = readCallOptions(options, { signal: isSignal }, 'batches()')
    this.#requireReadable('batches()')
    const max = this.#options.maxPollRecords ?? DEFAULT_BATCH_RECORDS
    const take = (partition: AssignedPartition): Promise<MessageBatch<K, V> | undefined> => {
      return this.#delivery.takeBatch(partition, max)
    }
    return new DeliveryIterator(this.#delivery, 'batches()', take, signal)
  }

  /**
   * Java's way: what is there, waiting for the first message for at most `timeoutMs` (default 1000). Counts what the
   * `poll()` before gave as processed.
   * @throws as `next()`
   */
  async poll(options?: PollOptions): Promise<Array<Message<K, V>>> {
    const checks = { maxRecords: isIntegerFrom(1), timeoutMs: isIntegerFrom(0), signal: isSignal }
    const { maxRecords, timeoutMs = 1000, signal } = readCallOptions(options, checks, 'poll()')
    this.#requireReadable('poll()')
    return poll(this.#delivery, {
      maxRecords: maxRecords ?? this.#options.maxPollRecords ?? DEFAULT_POLL_RECORDS,
      timeoutMs,
      signal,
    })
  }

  /**
   * Gives all messages to a handler, in order within each partition, until the consumer is closed.
   * @throws KafkaError `HANDLER_FAILED` with topic, partition and offset when a handler threw and `onError` did not
   * say otherwise: after the handlers of other partitions are done, and what is processed is committed
   */
  async run(options: RunOptions<K, V>, limits?: IterationOptions): Promise<void> {
    const checks = {
      eachMessage: isFunction,
      eachBatch: isFunction,
      partitionsConcurrently: isIntegerFrom(1),
      onError: isFunction,
      signal: isSignal,
    }
    readCallOptions(options, checks, 'run()')
    if ((options?.eachMessage === undefined) === (options?.eachBatch === undefined)) {
      throw new UsageError('run() takes either eachMessage or eachBatch')
    }
    this.#requireReadable('run()')
    const { signal = options.signal } = readCallOptions(limits, { signal: isSignal }, 'run()')
    const runner = new Runner(
      this.#delivery,
      { ...options, signal },
      {
        ...this.#cluster.options,
        maxBatch: this.#options.maxPollRecords ?? DEFAULT_BATCH_RECORDS,
      },
    )
    await this.#parts.run(runner)
  }

  /**
   * Reads these topics from the next `next()` on, in place of what was subscribed to before, or assigned.
   * @throws UsageError without a `groupId`
   */
  async subscribe(topics: SubscribeTopics): Promise<void> {
    this.#requireGroup('subscribe()')
    const subscription = readSubscription(topics, 'subscribe()')
    const wasAssigned = this.#parts.subscription.kind === 'assigned'
    const committed = wasAssigned ? this.#parts.unassign(this.#partitions) : undefined
    this.#parts.subscribe(subscription)
    await committed
  }

  /** Gives back all partitions and leaves the group; or ends a manual assignment. */
  async unsubscribe(): Promise<void> {
    this.#requireOpen()
    const { group, subscription } = this.#parts
    this.#parts.subscribe(noSubscription)
    if (isShared(subscription)) await group?.leave()
    else await this.#parts.unassign(this.#partitions)
  }

  /**
   * Reads exactly these partitions, in place of those assigned before; no group shares them. One without an offset
   * starts where the group committed, if there is a group, else by `autoOffsetReset`.
   * @throws UsageError while there is a subscription
   */
  assign(partitions: ReadonlyArray<TopicPartition & { offset?: number }>): void {
    this.#requireOpen()
    if (isShared(this.#parts.subscription)) {
      throw new UsageError('assign() does not go together with a subscription; unsubscribe() first', {
        code: 'INVALID_STATE',
      })
    }
    const wanted = readPartitions(partitions as ReadonlyArray<TopicPartition & { offset?: number }>, 'assign()')
    const withOffset = wanted.filter(({ offset }) => offset !== undefined) as TopicPartitionOffset[]
    readOffsets(withOffset, 'assign()')
    const keys = new Set(wanted.map(({ topic, partition }) => partitionKey(topic, partition)))
    void this.#parts.unassign(Array.from(this.#partitions).filter(({ key }) => !keys.has(key)))
    for (const { topic, partition, offset } of wanted) {
      const known = this.#partitions.get({ topic, partition })
      const assigned = known ?? this.#partitions.add(topic, partition)
      if (offset !== undefined) assigned.seek(offset)
      else if (known === undefined) assigned.seekTo({ kind: 'committed' })
    }
    this.#parts.subscribe(manualAssignment)
    this.#parts.positionsChanged()
  }

  /** Goes on at `offset`. Undoes nothing that was committed. @throws UsageError if the partition is not assigned */
  seek(offset: TopicPartitionOffset): void {
    if (Array.isArray(offset)) throw new UsageError('seek() takes one { topic, partition, offset }, got an array')
    const [place] = readOffsets(offset, 'seek()')
    this.#requireAssigned(place, 'seek()').seek(place.offset, place.leaderEpoch)
    this.#parts.positionsChanged()
  }

  /** Goes on at the first offset of these partitions; of all that are assigned, if none are given. */
  seekToBeginning(partitions?: readonly TopicPartition[]): void {
    this.#seekTo(partitions, { kind: 'log', place: 'earliest' }, 'seekToBeginning()')
  }

  /** Goes on after the last message of these partitions; of all that are assigned, if none are given. */
  seekToEnd(partitions?: readonly TopicPartition[]): void {
    this.#seekTo(partitions, { kind: 'log', place: 'latest' }, 'seekToEnd()')
  }

  /**
   * Goes on where the group committed, or by `autoOffsetReset` where nothing is committed.
   * @throws UsageError without a `groupId`
   */
  async seekToCommitted(partitions?: readonly TopicPartition[], options?: QueryOptions): Promise<void> {
    const group = this.#requireGroup('seekToCommitted()')
    const limits = this.#limits(options, 'seekToCommitted()')
    const assigned = this.#selected(partitions, 'seekToCommitted()')
    const epochs = assigned.map((partition) => {
      partition.seekTo({ kind: 'committed' })
      return partition.epoch
    })
    try {
      const committed = await group.offsets.fetch(
        assigned.map(({ topic, partition }) => ({ topic, partition })),
        limits,
      )
      for (const [i, { offset, leaderEpoch }] of committed.entries()) {
        const partition = assigned[i]
        if (partition.epoch !== epochs[i]) continue
        if (offset < 0) partition.seekTo({ kind: 'policy', offset: null })
        else partition.seek(offset, leaderEpoch)
        partition.committed = offset
      }
    } finally {
      // What has no position yet, for the answer failed, gets one in the background.
      this.#parts.positionsChanged()
    }
  }

  /** Delivers nothing of these partitions until they are resumed; they stay assigned. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of this.#selected(partitions, 'pause()')) partition.paused = true
  }

  /** Delivers paused partitions again, from where they stand. @throws UsageError if one is not assigned */
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of this.#selected(partitions, 'resume()')) partition.paused = false
    this.#parts.positionsChanged()
  }

  /** The assigned partitions that are paused now. */
  paused(): TopicPartition[] {
    return Array.from(this.#partitions)
      .filter(({ paused }) => paused)
      .map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The partitions that this consumer reads now. */
  assignment(): TopicPartition[] {
    return this.#partitions.list()
  }

  /** The topics that are subscribed to; for a RegExp those that match now. */
  subscription(): string[] {
    return subscribedTopics(this.#parts.subscription, this.#cluster.metadata)
  }

  /** The offset of the next message that this partition delivers; `undefined` if it is not assigned, or not known yet. */
  position({ topic, partition }: TopicPartition): number | undefined {
    const { position } = this.#partitions.get({ topic, partition }) ?? { position: -1 }
    return position < 0 ? undefined : position
  }

  /**
   * Commits the places after a message or batch, or the places given (the next offset to read, as in Java); without an
   * argument whatever is processed, and what the last `poll()` gave.
   * @throws UsageError without a `groupId`; BrokerError `UNKNOWN_MEMBER_ID` or `ILLEGAL_GENERATION` after the group
   * gave the partitions to somebody else
   */
  async commit(target?: CommitTarget, options?: QueryOptions): Promise<void> {
    const group = this.#requireGroup('commit()')
    const limits = this.#limits(options, 'commit()')
    if (target !== undefined) return group.commit(readCommit(target), limits)
    this.#delivery.markPolledProcessed()
    return group.commit(uncommitted(this.#partitions), limits)
  }

  /** What the group has committed; offset −1 where nothing is. @throws UsageError without a `groupId` */
  async committed(partitions?: readonly TopicPartition[], options?: QueryOptions): Promise<TopicPartitionOffset[]> {
    const group = this.#requireGroup('committed()')
    const limits = this.#limits(options, 'committed()')
    const asked = partitions === undefined ? this.assignment() : readPartitions(partitions, 'committed()')
    // The newest versions of the request name topics by their ids.
    const { timeoutMs = this.#cluster.options.defaultApiTimeoutMs, signal } = limits
    const deadline = new Deadline(timeoutMs)
    const left = (): QueryOptions => ({ timeoutMs: Math.max(1, deadline.remainingMs), signal })
    for (const topic of groupByTopic(asked).keys()) await this.#cluster.topic(topic, left())
    return group.offsets.fetch(asked, left())
  }

  /** The first offset of each partition. */
  beginningOffsets(partitions: readonly TopicPartition[], options?: QueryOptions): Promise<TopicPartitionOffset[]> {
    return this.#places(partitions, 'earliest', options, 'beginningOffsets()')
  }

  /** The offset after the last message of each partition; of the last stable one under `read_committed`. */
  endOffsets(partitions: readonly TopicPartition[], options?: QueryOptions): Promise<TopicPartitionOffset[]> {
    return this.#places(partitions, 'latest', options, 'endOffsets()')
  }

  /** The first message that is not older than `timestamp` (ms since the epoch); offset −1 if there is none. */
  async offsetsForTimes(
    queries: ReadonlyArray<TopicPartition & { timestamp: number }>,
    options?: QueryOptions,
  ): Promise<Array<TopicPartitionOffset & { timestamp: number }>> {
    this.#requireOpen()
    const asked = readDistinct(queries as ReadonlyArray<TopicPartition & { timestamp: number }>, 'offsetsForTimes()')
    for (const { topic, partition, timestamp } of asked) {
      if (Number.isSafeInteger(timestamp) && timestamp >= 0) continue
      throw new UsageError(`offsetsForTimes(): timestamp must be an integer from 0, got ${timestamp}`, {
        topic,
        partition,
      })
    }
    const places = asked.map(({ topic, partition, timestamp }) => ({ topic, partition, place: { timestamp } }))
    const limits = this.#limits(options, 'offsetsForTimes()')
    return (await findPlaces(this.#cluster, places, this.#options.isolationLevel, limits)).map(
      ({ topic, partition, offset, timestamp, leaderEpoch }) => ({ topic, partition, offset, timestamp, leaderEpoch }),
    )
  }

  /** How many offsets each assigned partition is behind its end (its last stable offset under `read_committed`). */
  async lag(options?: QueryOptions): Promise<Array<TopicPartition & { lag: number }>> {
    const ends = await this.endOffsets(this.assignment(), options)
    return ends.flatMap(({ topic, partition, offset }) => {
      const assigned = this.#partitions.get({ topic, partition })
      if (assigned === undefined || assigned.position < 0) return []
      return [{ topic, partition, lag: Math.max(0, offset - assigned.position) }]
    })
  }

  /** Who this consumer is in its group now, for a producer that commits offsets on its behalf. @throws UsageError without a `groupId` */
  groupMetadata(): ConsumerGroupMetadata {
    const { groupId, membership } = this.#requireGroup('groupMetadata()')
    const { memberId, generation, groupInstanceId } = membership.identity
    return { groupId, generationId: generation, memberId, groupInstanceId }
  }

  /** Figures since the consumer was made. */
  metrics(): ConsumerMetrics {
    return consumerMetrics(this.#partitions, this.#parts.counters)
  }

  /**
   * Commits what is processed, ends a pending `next()`, leaves the group and closes the connections; waits for handlers
   * of `run()`. Takes at most about `requestTimeoutMs`. Later calls do nothing more.
   */
  async close(options?: ConsumerCloseOptions): Promise<void> {
    const { leaveGroup } = readCallOptions(options, { leaveGroup: isBoolean }, 'close()')
    if (this.#closing === null) this.#closing = this.#close(leaveGroup)
    // The one under way waits for the listener that calls this.
    else if (this.#parts.group?.isInsideListener) return
    await this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(leaveGroup = this.#options.groupInstanceId === undefined): Promise<void> {
    try {
      await this.#parts.close(leaveGroup)
    } finally {
      this.#onClose()
    }
  }

  #seekTo(partitions: readonly TopicPartition[] | undefined, source: PositionSource, path: string): void {
    for (const partition of this.#selected(partitions, path)) partition.seekTo(source)
    this.#parts.positionsChanged()
  }

  #selected(partitions: readonly TopicPartition[] | undefined, path: string): AssignedPartition[] {
    this.#requireOpen()
    if (partitions === undefined) return [...this.#partitions]
    return readPartitions(partitions, path).map((each) => this.#requireAssigned(each, path))
  }

  async #places(
    partitions: readonly TopicPartition[],
    place: LogPlace,
    options: QueryOptions | undefined,
    path: string,
  ): Promise<TopicPartitionOffset[]> {
    this.#requireOpen()
    const queries = readDistinct(partitions, path).map(({ topic, partition }) => ({ topic, partition, place }))
    const found = await findPlaces(this.#cluster, queries, this.#options.isolationLevel, this.#limits(options, path))
    return found.map(({ topic, partition, offset, leaderEpoch }: FoundPlace) => ({
      topic,
      partition,
      offset,
      leaderEpoch,
    }))
  }

  #limits(options: QueryOptions | undefined, path: string): QueryOptions {
    return readCallOptions(options, { timeoutMs: isIntegerFrom(1), signal: isSignal }, path)
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw new ClosedError('The consumer is closed')
  }

  /** @throws UsageError if there is nothing to read */
  #requireReadable(path: string): void {
    this.#requireOpen()
    if (this.#parts.subscription.kind !== 'none') return
    throw new UsageError(`${path}: nothing to read; subscribe() to topics or assign() partitions first`, {
      code: 'INVALID_STATE',
    })
  }

  #requireGroup(path: string): ConsumerGroup<K, V> {
    this.#requireOpen()
    if (this.#parts.group === null)
      throw new UsageError(`${path} needs the option 'groupId'`, { code: 'INVALID_STATE' })
    return this.#parts.group
  }

  #requireAssigned({ topic, partition }: TopicPartition, path: string): AssignedPartition {
    this.#requireOpen()
    const assigned = this.#partitions.get({ topic, partition })
    if (assigned !== undefined) return assigned
    throw new UsageError(`${path}: partition ${partition} of topic '${topic}' is not assigned to this consumer`, {
      code: 'INVALID_STATE',
      topic,
      partition,
    })
  }
}
