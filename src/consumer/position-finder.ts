import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import { Backoff } from '../retry.ts'
import { parseDuration } from './duration.ts'
import { askLeaders } from './list-offsets.ts'
import type { AutoOffsetReset, IsolationLevel } from './options.ts'
import type { AssignedPartition, LogPlace, Partitions, PositionSource } from './partitions.ts'
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'
import type { TroubleLog } from './trouble-log.ts'
import { Wakeup } from './wakeup.ts'

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

const ABOUT = 'Looking for the offsets to start from'

/** Finds out where partitions without a position have to be read from, for as long as that takes. */
export class PositionFinder {
  readonly #cluster: Cluster
  readonly #partitions: Partitions
  readonly #options: PositionFinderOptions
  readonly #trouble: TroubleLog
  readonly #events: PositionFinderEvents
  readonly #wakeup = new Wakeup()
  #running = false
  #closed = false

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
    this.#trouble = trouble
    this.#events = events
  }

  /** Partitions were added, or lost their position. */
  wake(): void {
    if (this.#closed) return
    if (this.#running) this.#wakeup.raise()
    else void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#wakeup.raise()
  }

  async #run(): Promise<void> {
    this.#running = true
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    while (!this.#closed) {
      const pending = [...this.#partitions].filter(({ source, error }) => source !== null && error === null)
      if (pending.length === 0) break
      try {
        await this.#askGroup(pending.filter(({ source }) => source?.kind === 'committed'))
        for (const partition of pending) this.#applyPolicy(partition)
        const reasons = await this.#askLeaders(pending.filter(({ source }) => source?.kind === 'log'))
        if (reasons === null) {
          backoff.reset()
          this.#trouble.clear(ABOUT)
          continue
        }
        this.#trouble.note(ABOUT, reasons)
        this.#cluster.invalidate()
      } catch (error) {
        if (this.#closed) break
        if (error instanceof KafkaError && error.retriable) this.#trouble.note(ABOUT, error.message)
        else {
          this.#events.failure(error as KafkaError)
          if (error instanceof KafkaError && error.fatal) break
        }
      }
      await this.#wakeup.wait(backoff.next())
    }
    this.#running = false
  }

  async #askGroup(partitions: readonly AssignedPartition[]): Promise<void> {
    if (partitions.length === 0) return
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
  }

  #applyPolicy(partition: AssignedPartition): void {
    if (partition.source?.kind !== 'policy') return
    const { offset } = partition.source
    const policy = this.#options.autoOffsetReset
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

  /** @returns why some partitions still have no position; null if all have */
  async #askLeaders(partitions: readonly AssignedPartition[]): Promise<string | null> {
    if (partitions.length === 0) return null
    const asked = new Map(partitions.map((partition) => [partition.key, { partition, epoch: partition.epoch }]))
    const queries = partitions.map((partition) => ({ ...coordinates(partition), place: placeIn(partition.source) }))
    const { requestTimeoutMs } = this.#cluster.options
    const { found, errors } = await askLeaders(this.#cluster, queries, this.#options.isolationLevel, requestTimeoutMs)
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
