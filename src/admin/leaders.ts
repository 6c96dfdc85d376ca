import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { brokerErrorInfo } from '../../protocol/errors.ts'
import { LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION } from '../cluster/error-codes.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { BrokerError, brokerError, KafkaError, type KafkaErrorCode, TimeoutError } from '../errors.ts'
import type { Backoff } from '../retry.ts'
import type { Call } from './call.ts'
import type { Outcome } from './outcomes.ts'

/** What a leader says about one partition. */
export interface LeaderAnswer<T> extends TopicPartition {
  readonly errorCode: number
  /** What becomes the partition's outcome if the code is 0. */
  readonly result: T
}

/** A question that only the leader of a partition can answer. */
export interface LeaderQuestion<A extends AnyApi, Q extends TopicPartition, T> {
  readonly api: A
  /** What errors are about, as they begin: `Offset of rides-0`. */
  subject(query: Q): string
  /** What a code means here, where Kafka's general meaning would mislead. */
  readonly meanings?: Readonly<Partial<Record<KafkaErrorCode, string>>>
  /** Why a broker that speaks this version cannot be asked about the partition. */
  unsupported?(query: Q, version: number): KafkaError | null
  body(queries: readonly Q[]): RequestInput<A>
  answers(response: ResponseOf<A>): Iterable<LeaderAnswer<T>>
}

/**
 * Asks the leaders of partitions, all at the same time. Moved leaders, lost connections and what else time may cure are
 * tried again, by fresh metadata, until the call's time is up.
 * @returns each partition's outcome, in the order asked
 */
export async function askLeaders<A extends AnyApi, Q extends TopicPartition, T>(
  call: Call,
  queries: readonly Q[],
  question: LeaderQuestion<A, Q, T>,
): Promise<Array<Outcome<T>>> {
  const topics = new Set(queries.map(({ topic }) => topic))
  // Every refresh shall tell about them for as long as the call runs.
  const untrack = call.cluster.track(() => topics)
  try {
    return await new LeaderSearch(call, queries, question).run()
  } finally {
    untrack()
  }
}

class LeaderSearch<A extends AnyApi, Q extends TopicPartition, T> {
  readonly #call: Call
  readonly #queries: readonly Q[]
  readonly #question: LeaderQuestion<A, Q, T>
  readonly #outcomes = new Map<Q, Outcome<T>>()
  /** Why partitions without an outcome have none yet. */
  readonly #troubles = new Map<Q, KafkaError>()
  /** What the leaders are asked next, and the promise of their answers. */
  #batch: { readonly queries: Q[]; readonly done: Promise<void> } | null = null
  readonly #backoffs = new Map<number, Backoff>()

  constructor(call: Call, queries: readonly Q[], question: LeaderQuestion<A, Q, T>) {
    this.#call = call
    this.#queries = queries
    this.#question = question
  }

  async run(): Promise<Array<Outcome<T>>> {
    await this.#settle(this.#queries)
    return this.#queries.map((query) => this.#outcomes.get(query) ?? this.#late(query))
  }

  /** Takes queries as far as they come within the call's time. What one of them waits for keeps no other waiting. */
  async #settle(queries: readonly Q[]): Promise<void> {
    await Promise.all(Array.from(groupByTopic(queries), ([topic, ofTopic]) => this.#settleTopic(topic, ofTopic)))
  }

  async #settleTopic(topic: string, queries: readonly Q[]): Promise<void> {
    // Also before each further try, as the topic can be deleted meanwhile.
    const count = await this.#partitions(topic, queries)
    const beyond = queries.filter(({ partition }) => partition >= count)
    const existing = queries.filter(({ partition }) => partition < count)
    await Promise.all([this.#settleExisting(existing), this.#settleBeyond(topic, beyond)])
  }

  /** How many partitions the topic has; none where it is the topic's own error that ends the search for these. */
  async #partitions(topic: string, queries: readonly Q[]): Promise<number> {
    try {
      return (await this.#call.topic(topic)).partitions.length
    } catch (error) {
      // A topic is waited for as long as it can be, so that this is how it ends.
      for (const query of queries) this.#outcomes.set(query, this.#asOutcome(error))
      return 0
    }
  }

  /** Partitions that the topic does not seem to have may have been added a moment ago. */
  async #settleBeyond(topic: string, queries: readonly Q[]): Promise<void> {
    const open = this.#openOf(queries)
    if (open.length === 0) return
    let count = 0
    await this.#attempt(open, async () => {
      await this.#call.refresh()
      count = await this.#partitions(topic, open)
      for (const query of this.#openOf(open)) {
        const { partition } = query
        if (partition < count) continue
        const subject = `Partition ${partition} of topic '${topic}', which has ${count}`
        this.#outcomes.set(query, brokerError(UNKNOWN_TOPIC_OR_PARTITION, subject, { topic, partition }))
      }
    })
    await this.#settleExisting(open.filter(({ partition }) => partition < count))
  }

  /** All that are found to exist at the same time, as by one answer about several topics, share requests. */
  #settleExisting(queries: readonly Q[]): Promise<void> {
    if (queries.length === 0) return Promise.resolve()
    if (this.#batch === null) {
      const collected: Q[] = []
      const collecting = new Promise<void>((resolve) => setImmediate(resolve))
      const done = collecting.then(() => {
        this.#batch = null
        return this.#askLeaders(collected)
      })
      this.#batch = { queries: collected, done }
    }
    this.#batch.queries.push(...queries)
    return this.#batch.done
  }

  async #askLeaders(queries: readonly Q[]): Promise<void> {
    const byLeader = new Map<number, Q[]>()
    for (const query of queries) {
      const leader = this.#call.cluster.leader(query.topic, query.partition)
      const ofLeader = byLeader.get(leader)
      if (ofLeader === undefined) byLeader.set(leader, [query])
      else ofLeader.push(query)
    }
    await Promise.all(
      Array.from(byLeader, async ([leader, ofLeader]) => {
        await this.#attempt(ofLeader, () => this.#askLeader(leader, ofLeader))
        const open = this.#openOf(ofLeader)
        if (open.length === 0 || !(await this.#call.pause(this.#backoff(leader)))) return
        await this.#attempt(open, () => this.#call.refreshOnce())
        await this.#settle(this.#openOf(open))
      }),
    )
  }

  /** What is tried again with the same leader waits longer each time. */
  #backoff(leader: number): Backoff {
    const backoff = this.#backoffs.get(leader) ?? this.#call.backoff()
    this.#backoffs.set(leader, backoff)
    return backoff
  }

  #openOf(queries: readonly Q[]): Q[] {
    return queries.filter((query) => !this.#outcomes.has(query))
  }

  /** An error that can be the outcome of a query; all others end the call. */
  #asOutcome(error: unknown): KafkaError {
    if (!(error instanceof KafkaError) || this.#call.signal.aborted) throw error
    return error
  }

  /** What no waiting cures is the outcome of these queries; everything else is a reason to try again. */
  async #attempt(queries: readonly Q[], run: () => Promise<unknown>): Promise<void> {
    try {
      await run()
    } catch (reason) {
      const error = this.#asOutcome(reason)
      for (const query of this.#openOf(queries)) {
        if (error.retriable) this.#troubles.set(query, error)
        else this.#outcomes.set(query, error)
      }
    }
  }

  async #askLeader(leader: number, queries: readonly Q[]): Promise<void> {
    const { api, body, answers, subject } = this.#question
    if (leader === -1) {
      for (const query of queries) {
        const { topic, partition } = query
        this.#troubles.set(query, brokerError(LEADER_NOT_AVAILABLE, subject(query), { topic, partition }))
      }
      return
    }
    const request = (version: number): RequestInput<A> => {
      const able = queries.filter((query) => this.#isSupported(query, version))
      // Nothing is left to ask: this ends the try, and each query has its own error already.
      if (able.length === 0) throw this.#outcomes.get(queries[0])
      return body(able)
    }
    const response = await this.#call.sendOnce(api, request, leader)
    const asked = new Map(queries.map((query) => [partitionKey(query.topic, query.partition), query]))
    for (const { topic, partition, errorCode, result } of answers(response)) {
      const query = asked.get(partitionKey(topic, partition))
      if (query === undefined || this.#outcomes.has(query)) continue
      if (errorCode === 0) this.#outcomes.set(query, result)
      else {
        const message = this.#question.meanings?.[brokerErrorInfo(errorCode)?.name ?? 'UNKNOWN_SERVER_ERROR']
        const error = brokerError(errorCode, subject(query), { topic, partition, message })
        const place = error.retriable ? this.#troubles : this.#outcomes
        place.set(query, error)
      }
    }
  }

  #isSupported(query: Q, version: number): boolean {
    const error = this.#question.unsupported?.(query, version) ?? null
    if (error !== null) this.#outcomes.set(query, error)
    return error === null
  }

  /** A code that the leader kept giving is the outcome; where there was no answer, time is what ran out. */
  #late(query: Q): KafkaError {
    const trouble = this.#troubles.get(query)
    if (trouble instanceof BrokerError) return trouble
    const { topic, partition } = query
    const timeoutMs = Math.round(this.#call.deadline.timeoutMs)
    const reason = trouble?.message ?? 'the leader left it out'
    return new TimeoutError(`${this.#question.subject(query)}: no answer within ${timeoutMs} ms: ${reason}`, {
      api: this.#question.api.name,
      topic,
      partition,
      cause: trouble,
    })
  }
}
