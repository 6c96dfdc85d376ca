import { listOffsets } from '../../protocol/messages/list-offsets.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { UNKNOWN_TOPIC_OR_PARTITION } from '../cluster/error-codes.ts'
import { brokerError, KafkaError, TimeoutError } from '../errors.ts'
import { abortable, Backoff, Deadline, sleep, withinDeadline } from '../retry.ts'
import type { IsolationLevel } from './options.ts'
import type { LogPlace } from './partitions.ts'
import { groupByTopic, partitionKey, partitionList, type TopicPartition } from './topic-partition.ts'

export interface PlaceQuery extends TopicPartition {
  readonly place: LogPlace
}

export interface FoundPlace extends TopicPartition {
  /** −1 if no record has the timestamp or a later one. */
  readonly offset: number
  /** Of the record at that offset; −1 when a place was asked for by name. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** Kafka's timestamps with a meaning. */
const LATEST = -1
const EARLIEST = -2

/**
 * Asks the leaders for places in their logs; moved leaders and lost connections are tried again until time is up.
 * @returns one answer a query, in their order
 * @throws BrokerError for a topic or partition that does not exist; AuthorizationError; TimeoutError naming what is missing
 */
export async function findPlaces(
  cluster: Cluster,
  queries: readonly PlaceQuery[],
  isolationLevel: IsolationLevel,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<FoundPlace[]> {
  const { timeoutMs = cluster.options.defaultApiTimeoutMs, signal } = options
  const deadline = new Deadline(timeoutMs)
  const search = new PlacesSearch(cluster, queries, isolationLevel, deadline, signal)
  const untrack = cluster.track(() => queries.map(({ topic }) => topic))
  try {
    return await withinDeadline(abortable(search.run(), signal), deadline, () => search.late())
  } finally {
    search.end()
    untrack()
  }
}

/** One call of {@link findPlaces}. Requests have the time that requests have; a caller with less does not wait for them. */
class PlacesSearch {
  readonly #cluster: Cluster
  readonly #queries: readonly PlaceQuery[]
  readonly #isolationLevel: IsolationLevel
  readonly #deadline: Deadline
  readonly #signal: AbortSignal | undefined
  readonly #found = new Map<string, FoundPlace>()
  #lastError: KafkaError | undefined
  #isWanted = true

  constructor(
    cluster: Cluster,
    queries: readonly PlaceQuery[],
    isolationLevel: IsolationLevel,
    deadline: Deadline,
    signal: AbortSignal | undefined,
  ) {
    this.#cluster = cluster
    this.#queries = queries
    this.#isolationLevel = isolationLevel
    this.#deadline = deadline
    this.#signal = signal
  }

  async run(): Promise<FoundPlace[]> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    while (this.#isWanted) {
      // In each round, as a topic can be deleted meanwhile.
      await requirePartitions(this.#cluster, this.#missing, this.#deadline, this.#signal)
      const { found, errors } = await askLeaders(this.#cluster, this.#missing, this.#isolationLevel)
      for (const place of found) this.#found.set(partitionKey(place.topic, place.partition), place)
      const final = errors.find((error) => !error.retriable)
      if (final !== undefined) throw final
      if (this.#missing.length === 0) break
      this.#lastError = errors[0]
      this.#cluster.invalidate()
      await sleep(backoff.next(), this.#signal)
    }
    return this.#queries.map(({ topic, partition }) => this.#found.get(partitionKey(topic, partition)) as FoundPlace)
  }

  late(): TimeoutError {
    const reason = this.#lastError?.message ?? 'no leader answers'
    return new TimeoutError(
      `No offsets of ${partitionList(this.#missing)} within ${Math.round(this.#deadline.timeoutMs)} ms: ${reason}`,
      { api: listOffsets.name, cause: this.#lastError },
    )
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#isWanted = false
  }

  get #missing(): PlaceQuery[] {
    return this.#queries.filter(({ topic, partition }) => !this.#found.has(partitionKey(topic, partition)))
  }
}

async function requirePartitions(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = (): { timeoutMs: number; signal: AbortSignal | undefined } => {
    return { timeoutMs: Math.max(1, deadline.remainingMs), signal }
  }
  for (const [topic, asked] of groupByTopic(partitions)) {
    let count = (await cluster.topic(topic, left())).partitions.length
    if (asked.some(({ partition }) => partition >= count)) {
      // It may have been added a moment ago.
      await cluster.refresh(left())
      count = (await cluster.topic(topic, left())).partitions.length
    }
    const beyond = asked.find(({ partition }) => partition >= count)
    if (beyond === undefined) continue
    const subject = `Partition ${beyond.partition} of topic '${topic}', which has ${count}`
    throw brokerError(UNKNOWN_TOPIC_OR_PARTITION, subject, { topic, partition: beyond.partition })
  }
}

/** One round: each leader is asked once, all at the same time. What has no leader is neither found nor an error. */
export async function askLeaders(
  cluster: Cluster,
  queries: readonly PlaceQuery[],
  isolationLevel: IsolationLevel,
): Promise<{ found: FoundPlace[]; errors: KafkaError[] }> {
  const found: FoundPlace[] = []
  const errors: KafkaError[] = []
  const byLeader = new Map<number, PlaceQuery[]>()
  for (const query of queries) {
    const leader = cluster.leader(query.topic, query.partition)
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), query])
  }
  const asked = Array.from(byLeader, async ([leader, ofLeader]) => {
    try {
      for (const outcome of await askLeader(cluster, leader, ofLeader, isolationLevel)) {
        if (outcome instanceof KafkaError) errors.push(outcome)
        else found.push(outcome)
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      errors.push(error)
    }
  })
  await Promise.all(asked)
  return { found, errors }
}

async function askLeader(
  cluster: Cluster,
  leader: number,
  queries: readonly PlaceQuery[],
  isolationLevel: IsolationLevel,
): Promise<Array<FoundPlace | KafkaError>> {
  const broker = leader === -1 ? undefined : cluster.control.broker(leader)
  if (broker === undefined) return []
  const topics = Array.from(groupByTopic(queries), ([name, partitions]) => ({
    name,
    partitions: partitions.map(({ topic, partition, place }) => ({
      partitionIndex: partition,
      currentLeaderEpoch: cluster.metadata.topics.get(topic)?.partitions[partition]?.leaderEpoch ?? -1,
      timestamp: place === 'latest' ? LATEST : place === 'earliest' ? EARLIEST : place.timestamp,
    })),
  }))
  const body = { replicaId: -1, isolationLevel: isolationLevel === 'read_committed' ? 1 : 0, topics }
  const response = await broker.send(listOffsets, body)
  return response.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => {
      if (errorCode === 0) return { topic: name, partition: partitionIndex, offset, timestamp, leaderEpoch }
      return brokerError(errorCode, `Offsets of ${partitionKey(name, partitionIndex)}`, {
        topic: name,
        partition: partitionIndex,
      })
    }),
  )
}
