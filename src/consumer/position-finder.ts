import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import { parseDuration } from './duration.ts'
import { askLeaders } from './list-offsets.ts'
import type { AutoOffsetReset, IsolationLevel } from './options.ts'
import type { AssignedPartition, LogPlace, Partitions, PositionSource } from './partitions.ts'
import { PositionSearch } from './position-search.ts'
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'
import { topicRefusal } from './topic-refusal.ts'
import type { TroubleLog } from './trouble-log.ts'

export interface PositionFinderOptions {
  readonly autoOffsetReset: AutoOffsetReset
  readonly isolationLevel: IsolationLevel
  /** The offsets that the group committed; without a group there are none. */
  committed: ((partitions: TopicPartition[]) => Promise<TopicPartitionOffset[]>) | null
}

export interface PositionFinderEvents {
  /** A partition got its position, or an error in its place. */
  found(): void
  failure(error: KafkaError): void
}

/** Finds out where partitions without a position have to be read from, for as long as that takes. */
export class PositionFinder {
  readonly #cluster: Cluster
  readonly #partitions: Partitions
  readonly #options: PositionFinderOptions
  readonly #events: PositionFinderEvents
  // Apart, so that a coordinator that is away holds up nobody who asks the leaders.
  readonly #inGroup: PositionSearch
  readonly #inLogs: PositionSearch

  constructor(
    cluster: Cluster,
    partitions: Partitions,
    options: PositionFinderOptions,
    trouble: TroubleLog,
    events: PositionFinderEvents,
  ) {
    this.#cluster = cluster
    this.#partitions = partitions
    this.#options = options
    this.#events = events
    const failure = (error: KafkaError): void => events.failure(error)
    this.#inGroup = new PositionSearch(cluster, trouble, {
      about: 'Looking for committed offsets',
      pending: () => this.#pending('committed'),
      ask: (pending) => this.#askGroup(pending),
      failure,
    })
    this.#inLogs = new PositionSearch(cluster, trouble, {
      about: 'Looking for the offsets to start from',
      pending: () => this.#pending('log'),
      ask: (pending) => this.#askLeaders(pending),
      failure,
    })
  }

  /** Partitions were added, or lost their position. */
  wake(): void {
    for (const partition of this.#pending('policy')) this.#applyPolicy(partition)
    this.#inGroup.wake()
    this.#inLogs.wake()
  }

  close(): void {
    this.#inGroup.close()
    this.#inLogs.close()
  }

  #pending(kind: PositionSource['kind']): AssignedPartition[] {
    return Array.from(this.#partitions).filter(({ source, error }) => source?.kind === kind && error === null)
  }

  async #askGroup(partitions: readonly AssignedPartition[]): Promise<string | null> {
    const asked = partitions.map((partition) => ({ partition, epoch: partition.epoch }))
    const committed = this.#options.committed === null ? [] : await this.#options.committed(partitions.map(coordinates))
    const offsets = new Map(committed.map((each) => [`${each.topic}-${each.partition}`, each]))
    for (const { partition, epoch } of asked) {
      // A seek, or the loss of the partition, came first: the answer is about nothing any more.
      if (partition.epoch !== epoch) continue
      const { offset = -1, leaderEpoch } = offsets.get(partition.key) ?? {}
      if (offset < 0) partition.seekTo({ kind: 'policy', offset: null })
      else {
        partition.seek(offset, leaderEpoch)
        partition.committed = offset
        this.#events.found()
      }
    }
    this.wake()
    return null
  }

  #applyPolicy(partition: AssignedPartition): void {
    if (partition.source?.kind !== 'policy') return
    const { offset } = partition.source
    const { autoOffsetReset: policy } = this.#options
    const { topic, partition: number, key } = partition
    if (policy === 'none') {
      const why = offset === null ? 'has no committed offset' : `does not have offset ${offset}`
      partition.error = new KafkaError(`Partition ${key} ${why}, and autoOffsetReset is 'none'`, {
        code: 'NO_OFFSET',
        topic,
        partition: number,
        offset: offset ?? undefined,
      })
      this.#events.found()
      return
    }
    if (offset !== null) {
      this.#cluster.options.logger.warn(`Offset ${offset} of ${key} is out of range; going to ${policy}`)
    }
    partition.seekTo({ kind: 'log', place: placeOf(policy) })
  }

  async #askLeaders(partitions: readonly AssignedPartition[]): Promise<string | null> {
    const asked = new Map(partitions.map((partition) => [partition.key, { partition, epoch: partition.epoch }]))
    const queries = partitions.map((partition) => ({ ...coordinates(partition), place: placeIn(partition.source) }))
    const { found, errors } = await askLeaders(this.#cluster, queries, this.#options.isolationLevel)
    for (const { topic, partition: number, offset, leaderEpoch } of found) {
      const each = asked.get(`${topic}-${number}`)
      if (each === undefined || each.partition.epoch !== each.epoch) continue
      // Nothing is as young as the timestamp asked for: what comes next is.
      if (offset < 0) each.partition.seekTo({ kind: 'log', place: 'latest' })
      else {
        each.partition.seek(offset, leaderEpoch)
        this.#events.found()
      }
    }
    const final = errors.find((error) => !error.retriable)
    if (final !== undefined) throw final
    const without = partitions.filter((partition) => partition.source !== null)
    for (const partition of without) {
      partition.error = topicRefusal(this.#cluster.metadata, partition.topic)
      if (partition.error !== null) this.#events.found()
    }
    if (without.length === 0) return null
    return errors[0]?.message ?? `no leader of ${without.map(({ key }) => key).join(', ')}`
  }
}

function coordinates({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}

function placeIn(source: PositionSource | null): LogPlace {
  return source?.kind === 'log' ? source.place : 'latest'
}

function placeOf(policy: Exclude<AutoOffsetReset, 'none'>): LogPlace {
  if (policy === 'latest' || policy === 'earliest') return policy
  return { timestamp: Date.now() - (parseDuration(policy.slice('by_duration:'.length)) ?? 0) }
}
