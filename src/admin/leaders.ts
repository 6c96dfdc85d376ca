import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { brokerErrorInfo } from '../../protocol/errors.ts'
import { LEADER_NOT_AVAILABLE, meansStaleMetadata, UNKNOWN_TOPIC_OR_PARTITION } from '../cluster/error-codes.ts'
import { groupByTopic, partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { BrokerError, brokerError, KafkaError, type KafkaErrorCode, TimeoutError } from '../errors.ts'
import { Backoff, sleep } from '../retry.ts'
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

  constructor(call: Call, queries: readonly Q[], question: LeaderQuestion<A, Q, T>) {
    this.#call = call
    this.#queries = queries
    this.#question = question
  }

  async run(): Promise<Array<Outcome<T>>> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#call.cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    for (;;) {
      // In each round, as a topic can be deleted meanwhile.
      await this.#requirePartitions()
      await this.#askLeaders()
      const open = this.#open
      const delay = backoff.next()
      if (open.length === 0 || delay >= this.#call.deadline.remainingMs) break
      await sleep(delay, this.#call.signal)
      await this.#attempt(open, () => this.#call.refresh())
    }
    return this.#queries.map((query) => this.#outcomes.get(query) ?? this.#late(query))
  }

  get #open(): Q[] {
    return this.#queries.filter((query) => !this.#outcomes.has(query))
  }

  /** What no waiting cures is the outcome of these queries; everything else is a reason to try again. */
  async #attempt(queries: readonly Q[], run: () => Promise<unknown>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!(error instanceof KafkaError) || this.#call.signal.aborted) throw error
      for (const query of queries) {
        if (!this.#outcomes.has(query)) (error.retriable ? this.#troubles : this.#outcomes).set(query, error)
      }
    }
  }

  async #requirePartitions(): Promise<void> {
    await Promise.all(
      Array.from(groupByTopic(this.#open), async ([topic, queries]) => {
        try {
          let { partitions } = await this.#call.topic(topic)
          if (queries.some(({ partition }) => partition >= partitions.length)) {
            // It may have been added a moment ago.
            await this.#call.refresh()
            partitions = (await this.#call.topic(topic)).partitions
          }
          for (const query of queries) {
            const { partition } = query
            if (partition < partitions.length) continue
            const subject = `Partition ${partition} of topic '${topic}', which has ${partitions.length}`
            this.#outcomes.set(query, brokerError(UNKNOWN_TOPIC_OR_PARTITION, subject, { topic, partition }))
          }
        } catch (error) {
          if (!(error instanceof KafkaError) || this.#call.signal.aborted) throw error
          // What could be cured by waiting has been waited for.
          for (const query of queries) this.#outcomes.set(query, error)
        }
      }),
    )
  }

  async #askLeaders(): Promise<void> {
    const byLeader = new Map<number, Q[]>()
    for (const query of this.#open) {
      const { topic, partition } = query
      const leader = this.#call.cluster.leader(topic, partition)
      if (leader === -1) {
        this.#troubles.set(
          query,
          brokerError(LEADER_NOT_AVAILABLE, this.#question.subject(query), { topic, partition }),
        )
        continue
      }
      const ofLeader = byLeader.get(leader)
      if (ofLeader === undefined) byLeader.set(leader, [query])
      else ofLeader.push(query)
    }
    await Promise.all(
      Array.from(byLeader, ([leader, queries]) => this.#attempt(queries, () => this.#askLeader(leader, queries))),
    )
  }

  async #askLeader(leader: number, queries: readonly Q[]): Promise<void> {
    const { api, body, answers } = this.#question
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
        const error = brokerError(errorCode, this.#question.subject(query), { topic, partition, message })
        const curable = error.retriable || meansStaleMetadata(errorCode)
        ;(curable ? this.#troubles : this.#outcomes).set(query, error)
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
