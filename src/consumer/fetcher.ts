import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import type { BrokerPool } from '../cluster/broker-pool.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { brokerError, ConnectionError, KafkaError } from '../errors.ts'
import { Backoff, monotonicNow } from '../retry.ts'
import { judgeFetchedPartition } from './fetch-outcome.ts'
import type { IsolationLevel } from './options.ts'
import type { AssignedPartition, Partitions } from './partitions.ts'
import { groupByTopic } from './topic-partition.ts'
import { topicRefusal } from './topic-refusal.ts'
import type { TroubleLog } from './trouble-log.ts'
import { Wakeup } from './wakeup.ts'

export interface FetcherOptions {
  readonly fetchMinBytes: number
  readonly fetchMaxWaitMs: number
  readonly fetchMaxBytes: number
  readonly maxPartitionFetchBytes: number
  readonly isolationLevel: IsolationLevel
  readonly checkCrcs: boolean
  readonly maxDecompressedBytes: number
  readonly clientRack?: string
}

export interface FetcherEvents {
  /** Something came in for the user's code: this many bytes of records, or an error. */
  arrival(bytes: number): void
  /** A partition lost its position: the log does not have it. */
  positionLost(): void
  /** Nothing can be fetched any more. */
  failure(error: KafkaError): void
}

/** Topic ids stand for names from this version on (KIP-516). */
const FIRST_VERSION_BY_ID = 13
/** How often a broker is asked for news while partitions of it are full; see {@link Fetcher}. */
const PACE_WHILE_FULL_MS = 100
/** Stands for the leader of partitions that have none. */
const NOBODY = -1

/** A partition in a request, and what was true of it then. */
export interface AskedPartition {
  readonly partition: AssignedPartition
  readonly epoch: number
  readonly offset: number
}

/**
 * Fetches ahead of the user's code: one loop for each broker that leads partitions with room for more. A loop's next
 * request is on its way as soon as its last answer is queued.
 *
 * There is no pausing and resuming: a partition that is full, paused or without a position is just not asked for. A
 * request that waits at the broker for news would hold up the partitions that get room again meanwhile, for a broker
 * answers one request of a connection at a time; so while some are full, the loop asks without waiting, at a slow pace.
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #pool: BrokerPool
  readonly #partitions: Partitions
  readonly #options: FetcherOptions
  readonly #trouble: TroubleLog
  readonly #events: FetcherEvents
  readonly #loops = new Map<number, Wakeup>()
  readonly #untrackMetadata: () => void
  /** Partitions with room for more were left out because all together have fetched ahead what there may be. */
  #starved = false
  #closed = false

  constructor(
    cluster: Cluster,
    pool: BrokerPool,
    partitions: Partitions,
    options: FetcherOptions,
    trouble: TroubleLog,
    events: FetcherEvents,
  ) {
    this.#cluster = cluster
    this.#pool = pool
    this.#partitions = partitions
    this.#options = options
    this.#trouble = trouble
    this.#events = events
    // Leaders may have moved: what one loop had to leave alone can be another's work.
    this.#untrackMetadata = cluster.onMetadata(() => this.wake())
  }

  /** Partitions were added, got a position, or were resumed. */
  wake(): void {
    this.#starved = false
    for (const partition of this.#partitions) this.#wake(partition)
  }

  /** This partition may be asked for again; so may others, if it was this one's bytes that kept them from it. */
  roomFor(partition: AssignedPartition): void {
    if (this.#starved) this.wake()
    else this.#wake(partition)
  }

  #wake(partition: AssignedPartition): void {
    if (this.#closed || !this.#wants(partition)) return
    const broker = this.#brokerOf(partition)
    const loop = this.#loops.get(broker)
    if (loop !== undefined) loop.raise()
    else void this.#run(broker)
  }

  close(): void {
    this.#closed = true
    this.#untrackMetadata()
    for (const loop of this.#loops.values()) loop.raise()
  }

  /** Asks one broker as long as it leads a partition that wants something. */
  async #run(broker: number): Promise<void> {
    const loop = new Wakeup()
    const backoff = new Backoff(this.#cluster.options.retryBackoffMs, this.#cluster.options.retryBackoffMaxMs)
    this.#loops.set(broker, loop)
    for (;;) {
      const { asked, someAreFull, retryInMs } = this.#collect(broker)
      if (this.#closed || (asked.length === 0 && retryInMs === null)) break
      if (asked.length === 0) await loop.wait(retryInMs ?? undefined)
      else if (broker === NOBODY) {
        this.#cluster.invalidate()
        this.#waitForLeaders(asked)
        await loop.wait(backoff.next())
      } else if (await this.#fetch(broker, asked, someAreFull)) {
        backoff.reset()
        if (someAreFull && !asked.some(({ partition }) => partition.hasBatch)) await loop.wait(PACE_WHILE_FULL_MS)
      } else await loop.wait(backoff.next())
    }
    this.#loops.delete(broker)
  }

  #collect(broker: number): { asked: AskedPartition[]; someAreFull: boolean; retryInMs: number | null } {
    const asked: AskedPartition[] = []
    const now = monotonicNow()
    let someAreFull = false
    let retryInMs: number | null = null
    const isFull = this.#isFull()
    for (const partition of this.#partitions) {
      if (partition.source !== null || partition.fetchOffset < 0 || partition.paused || partition.fetching) continue
      if (this.#brokerOf(partition) !== broker) {
        this.#endPreference(partition, broker)
        continue
      }
      const hasRoom = partition.bufferedBytes < this.#options.maxPartitionFetchBytes
      if (isFull && hasRoom) this.#starved = true
      if (isFull || !hasRoom) someAreFull = true
      else if (partition.retryAt > now) retryInMs = Math.min(retryInMs ?? Number.MAX_VALUE, partition.retryAt - now)
      else asked.push({ partition, epoch: partition.epoch, offset: partition.fetchOffset })
    }
    return { asked, someAreFull, retryInMs }
  }

  /**
   * True when as much is fetched ahead as may be. What paused partitions have gives way then, for nobody takes it; what
   * handlers of `run()` work on does not count, or a slow one would keep all others waiting.
   */
  #isFull(): boolean {
    const { fetchMaxBytes } = this.#options
    let buffered = 0
    for (const { bufferedBytes, busy } of this.#partitions) if (!busy) buffered += bufferedBytes
    for (const partition of this.#partitions) {
      if (buffered < fetchMaxBytes) return false
      if (!partition.paused || partition.busy || partition.bufferedBytes === 0) continue
      buffered -= partition.bufferedBytes
      partition.refetch()
    }
    return buffered >= fetchMaxBytes
  }

  #waitForLeaders(asked: readonly AskedPartition[]): void {
    const waiting: string[] = []
    for (const { partition } of asked) {
      const refusal = topicRefusal(this.#cluster.metadata, partition.topic)
      if (refusal === null) waiting.push(this.#leaderless(partition))
      else partition.error = refusal
    }
    if (waiting.length > 0) this.#trouble.note('Waiting for a leader', waiting.join(', '))
    if (waiting.length < asked.length) this.#events.arrival(0)
  }

  /** Names a partition, and what is missing more than its leader. */
  #leaderless({ key, topic, partition }: AssignedPartition): string {
    const count = this.#cluster.metadata.topics.get(topic)?.partitions.length ?? 0
    if (count === 0) return `${key} (the topic does not exist)`
    return partition < count ? key : `${key} (the topic has ${count} partitions)`
  }

  /** The time with a replica nearby is over: the leader's loop has the partition again. */
  #endPreference(partition: AssignedPartition, broker: number): void {
    if (partition.preferredReplica !== broker) return
    partition.preferredReplica = -1
    this.#wake(partition)
  }

  #wants(partition: AssignedPartition): boolean {
    return (
      partition.source === null &&
      partition.fetchOffset >= 0 &&
      !partition.paused &&
      !partition.fetching &&
      partition.bufferedBytes < this.#options.maxPartitionFetchBytes
    )
  }

  /** The replica nearby if the leader named one that is still there, else the leader. */
  #brokerOf({ topic, partition, preferredReplica, preferredReplicaUntil }: AssignedPartition): number {
    const replicaCounts = preferredReplica >= 0 && preferredReplicaUntil > monotonicNow()
    if (replicaCounts && this.#cluster.metadata.brokers.has(preferredReplica)) return preferredReplica
    return this.#cluster.leader(topic, partition)
  }

  /** @returns whether the broker answered */
  async #fetch(id: number, asked: AskedPartition[], someAreFull: boolean): Promise<boolean> {
    const about = `Fetching from broker ${id} fails`
    for (const { partition } of asked) partition.fetching = true
    try {
      const broker = this.#pool.broker(id)
      if (broker === undefined) {
        throw new ConnectionError(`Broker ${id} is not in the cluster's metadata`, { code: 'CONNECTION_FAILED' })
      }
      const maxWaitMs = someAreFull ? 0 : this.#options.fetchMaxWaitMs
      const { body, namesOfIds } = this.#request(asked, maxWaitMs)
      const response = await broker.send(fetch, body, {
        timeoutMs: maxWaitMs + this.#cluster.options.requestTimeoutMs,
        // A topic whose id is not known yet can only be asked for by its name.
        maxVersion: namesOfIds === null ? FIRST_VERSION_BY_ID - 1 : fetch.maxVersion,
      })
      if (this.#closed) return true
      if (response.errorCode !== 0) throw refusal(response.errorCode, broker.name)
      const isComplete = this.#accept(id, response, asked, namesOfIds)
      if (isComplete) this.#trouble.clear(about)
      else this.#trouble.note(about, 'the answer leaves out some of the partitions that were asked for')
      return isComplete
    } catch (error) {
      if (this.#closed) return false
      if (!(error instanceof KafkaError) || !error.retriable) {
        // No retry cures it. Refused credentials are not even shown again: that could lock the account.
        this.#events.failure(error as KafkaError)
        if (error instanceof KafkaError && error.fatal) this.close()
      } else {
        this.#trouble.note(about, error.message)
        this.#cluster.invalidate()
      }
      return false
    } finally {
      for (const { partition, epoch } of asked) {
        if (partition.epoch === epoch) partition.fetching = false
        // The answer, or metadata meanwhile, may have said that another broker has it: that is another loop's work.
        if (this.#brokerOf(partition) !== id) this.roomFor(partition)
      }
    }
  }

  #request(
    asked: AskedPartition[],
    maxWaitMs: number,
  ): { body: RequestInput<typeof fetch>; namesOfIds: ReadonlyMap<string, string> | null } {
    const { topics: known } = this.#cluster.metadata
    const { fetchMinBytes, fetchMaxBytes, maxPartitionFetchBytes, isolationLevel, clientRack } = this.#options
    const namesOfIds = new Map<string, string>()
    const byTopic = groupByTopic(asked.map((each) => ({ topic: each.partition.topic, ...each })))
    const topics = Array.from(byTopic, ([topic, partitions]) => {
      const topicId = known.get(topic)?.topicId ?? ZERO_UUID
      namesOfIds.set(topicId, topic)
      return {
        topic,
        topicId,
        partitions: partitions.map(({ partition: { partition }, offset }) => ({
          partition,
          currentLeaderEpoch: known.get(topic)?.partitions[partition]?.leaderEpoch ?? -1,
          fetchOffset: offset,
          partitionMaxBytes: maxPartitionFetchBytes,
        })),
      }
    })
    const body = {
      maxWaitMs,
      minBytes: fetchMinBytes,
      maxBytes: fetchMaxBytes,
      isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
      // Every request names everything: no session.
      sessionId: 0,
      sessionEpoch: -1,
      topics,
      rackId: clientRack ?? '',
    }
    return { body, namesOfIds: namesOfIds.has(ZERO_UUID) ? null : namesOfIds }
  }

  /** @returns whether every partition that was asked for is in the answer */
  #accept(
    broker: number,
    response: ResponseOf<typeof fetch>,
    asked: AskedPartition[],
    namesOfIds: ReadonlyMap<string, string> | null,
  ): boolean {
    let bytes = 0
    const byKey = new Map(asked.map((each) => [each.partition.key, each]))
    const context = {
      cluster: this.#cluster,
      options: this.#options,
      trouble: this.#trouble,
      events: this.#events,
      broker,
      nodeEndpoints: response.nodeEndpoints,
    }
    for (const topic of response.responses) {
      const name = topic.topic !== '' ? topic.topic : (namesOfIds?.get(topic.topicId) ?? '')
      for (const answer of topic.partitions) {
        const each = byKey.get(`${name}-${answer.partitionIndex}`)
        // Asked for twice, or not at all: a broken broker. The first answer counts.
        if (each === undefined) continue
        byKey.delete(each.partition.key)
        if (each.partition.epoch !== each.epoch) continue
        judgeFetchedPartition(answer, each, context)
        bytes += answer.records?.length ?? 0
      }
    }
    this.#events.arrival(bytes)
    return byKey.size === 0
  }
}

/** The error of an answer as a whole. UNKNOWN_SERVER_ERROR is what a broker stumbled over; the next time it may not. */
function refusal(errorCode: number, broker: string): KafkaError {
  const details = { broker, api: fetch.name, ...(errorCode === UNKNOWN_SERVER_ERROR ? { retriable: true } : {}) }
  return brokerError(errorCode, `Fetch from ${broker}`, details)
}
