import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import { KafkaError, TimeoutError, UsageError } from '../errors.ts'
import { abortable, Backoff, Deadline, monotonicNow, sleep, withinDeadline } from '../retry.ts'
import { recordError } from './record-error.ts'
import { isKnown, type PendingRecord } from './topic.ts'

// As with topics, brokers hear of new partitions at different times: a partition is believed to be missing only when
// this many answers over this long have said so.
const MISSING_PARTITION_REFRESHES = 4
const MISSING_PARTITION_MS = 3000

/** Why the first in line cannot be added, and whom else in its line that concerns: they need not find out one by one. */
export class Refusal {
  readonly concerns: (record: PendingRecord) => boolean
  readonly errorFor: (record: PendingRecord) => KafkaError

  constructor(concerns: (record: PendingRecord) => boolean, errorFor: (record: PendingRecord) => KafkaError) {
    this.concerns = concerns
    this.errorFor = errorFor
  }
}

/** Waits, at most for `maxBlockMs`, for what the cluster must tell of a topic before a record can be added. */
export class TopicLookup {
  readonly #cluster: Cluster
  readonly #maxBlockMs: number
  readonly #closing: AbortSignal

  /** @param closing ends every wait */
  constructor(cluster: Cluster, maxBlockMs: number, closing: AbortSignal) {
    this.#cluster = cluster
    this.#maxBlockMs = maxBlockMs
    this.#closing = closing
  }

  /** @throws TimeoutError that concerns this record alone; Refusal for what is true for all in line */
  async topic(name: string, sentAt: number): Promise<TopicMetadata> {
    const deadline = this.#deadline(sentAt)
    if (deadline.expired) throw this.#late(name)
    try {
      return await this.#cluster.topic(name, {
        timeoutMs: deadline.remainingMs,
        signal: this.#closing,
        allowAutoTopicCreation: true,
      })
    } catch (error) {
      if (error instanceof TimeoutError || !(error instanceof KafkaError)) throw error
      // One that does not name the topic is shared with whoever else waits for metadata.
      const refusal = error.topic === undefined ? recordError(error, { topic: name, persisted: 'no' }) : error
      throw new Refusal(
        () => true,
        () => refusal,
      )
    }
  }

  /**
   * The topic, which has got more partitions perhaps.
   * @throws as `topic`
   */
  async partition(known: TopicMetadata, partition: number, sentAt: number): Promise<TopicMetadata> {
    const { name } = known
    const deadline = this.#deadline(sentAt)
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    const startedAt = monotonicNow()
    let count = known.partitions.length
    let answers = 0
    let failure: KafkaError | undefined
    while (!deadline.expired) {
      try {
        const refreshed = abortable(this.#cluster.refresh(), this.#closing)
        const { topics } = await withinDeadline(refreshed, deadline, () => this.#late(name))
        const topic = topics.get(name)
        if (isKnown(topic)) count = topic.partitions.length
        if (isKnown(topic) && partition < count) return topic
        answers++
        if (answers >= MISSING_PARTITION_REFRESHES && monotonicNow() - startedAt >= MISSING_PARTITION_MS) break
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        failure = error
      }
      await sleep(Math.min(backoff.next(), deadline.remainingMs), this.#closing)
    }
    if (answers === 0) throw this.#late(name, failure)
    throw new Refusal(
      ({ message }) => message.partition !== undefined && message.partition >= count,
      ({ message }) => noPartition(name, message.partition!, count),
    )
  }

  #deadline(sentAt: number): Deadline {
    return new Deadline(sentAt + this.#maxBlockMs - monotonicNow())
  }

  #late(topic: string, cause?: KafkaError): TimeoutError {
    const message = `No metadata of topic '${topic}' within maxBlockMs (${this.#maxBlockMs} ms)`
    return new TimeoutError(message, { topic, cause, persisted: 'no' })
  }
}

function noPartition(topic: string, partition: number, count: number): UsageError {
  return new UsageError(
    `Topic '${topic}' has no partition ${partition}: it has ${count}, numbered from 0 to ${count - 1}`,
    { topic, partition, persisted: 'no' },
  )
}
