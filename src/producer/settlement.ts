import type { Cluster } from '../cluster/cluster.ts'
import { meansStaleMetadata } from '../cluster/error-codes.ts'
import type { BrokerAddress } from '../cluster/metadata.ts'
import { channels } from '../diagnostics.ts'
import { brokerError, ClosedError, DecodeError, EncodeError, KafkaError, UnsupportedVersionError } from '../errors.ts'
import { monotonicNow } from '../retry.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import type { ProducerStatistics } from './metrics.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { PartitionAnswer } from './produce-request.ts'
import { recordError } from './record-error.ts'
import { readRecords } from './split.ts'
import { judge, mayBeWritten, type Verdict } from './verdict.ts'

/**
 * Whether a failed connection or request is worth another try. A connection that is closed without an error belonged to
 * a broker that has moved; an answer that could not be read says nothing about the next.
 */
export function mayHeal(error: KafkaError): boolean {
  return error.retriable || error instanceof ClosedError || error instanceof DecodeError
}

/** What an answer said beside its partitions. */
export interface AnswerContext {
  /** The broker as errors name it. */
  broker: string
  /** Addresses of the leaders that it names (KIP-951). */
  endpoints: readonly BrokerAddress[]
  /** The socket has written the whole request, so the memory of its batches can be used again. */
  written: boolean
}

/**
 * Decides what becomes of a batch after an answer, or after the loss of one: its records get their outcome, or it goes
 * back to its queue.
 */
export class Settlement {
  readonly #cluster: Cluster
  readonly #accumulator: Accumulator
  readonly #statistics: ProducerStatistics
  readonly #idempotent: boolean

  constructor(cluster: Cluster, accumulator: Accumulator, statistics: ProducerStatistics, idempotent: boolean) {
    this.#cluster = cluster
    this.#accumulator = accumulator
    this.#statistics = statistics
    this.#idempotent = idempotent
  }

  /** @returns a promise where the records of the batch must be read again first */
  answered(batch: ProducerBatch, answer: PartitionAnswer, context: AnswerContext): void | Promise<void> {
    const { queue } = batch
    const { errorCode } = answer
    if (meansStaleMetadata(errorCode)) this.#follow(queue, answer, context)
    const verdict = judge(errorCode, {
      idempotent: this.#idempotent,
      first: queue.isFirst(batch),
      maybeWritten: batch.maybeWritten,
      records: batch.count,
      invalidRecords: new Set(answer.recordErrors.map(({ batchIndex }) => batchIndex)).size,
    })
    if (mayBeWritten(errorCode)) batch.maybeWritten = true
    if (batch.settled) this.#forget(batch, context.written)
    else if (verdict === 'done') this.#succeed(batch, answer.baseOffset, answer.logAppendTimeMs, context.written)
    else return this.#failed(batch, answer, verdict, context)
  }

  #failed(
    batch: ProducerBatch,
    answer: PartitionAnswer,
    verdict: Exclude<Verdict, 'done'>,
    context: AnswerContext,
  ): void | Promise<void> {
    if (verdict === 'split') return this.#split(batch, context)
    if (verdict === 'retry-without-invalid') return this.#withoutInvalid(batch, answer, context)
    const error = this.#error(batch, answer, context)
    if (verdict === 'reject') {
      this.#reject(batch, error, context.written)
      return
    }
    this.#statistics.recordRetries += batch.count
    const leader = this.#leader(batch)
    if (verdict === 'retry') batch.queue.retry(batch, monotonicNow(), error, leader)
    else if (verdict === 'retry-in-new-epoch') batch.queue.retryInNewEpoch(batch, monotonicNow(), error, leader)
    else batch.queue.retryAfterGap(batch, monotonicNow(), error, leader)
  }

  /** The request got no answer: the connection was lost, or what came was not an answer. */
  lost(batch: ProducerBatch, error: KafkaError): void {
    const neverSent = error instanceof UnsupportedVersionError || error instanceof EncodeError
    if (!neverSent) batch.maybeWritten = true
    if (batch.settled) this.#forget(batch, false)
    else if (!mayHeal(error)) this.refuse(batch, error)
    else {
      this.#statistics.recordRetries += batch.count
      batch.queue.retry(batch, monotonicNow(), error, this.#leader(batch))
    }
  }

  /** With acks 0 nobody answers: what the socket has written counts as sent. */
  written(batch: ProducerBatch): void {
    if (batch.settled) this.#forget(batch, true)
    else this.#succeed(batch, -1, -1, true)
  }

  /** The batch's records fail for what no retry can cure. It may be in line or on its way. */
  refuse(batch: ProducerBatch, cause: KafkaError): void {
    const { topic, partition, persisted } = batch
    this.#reject(batch, recordError(cause, { topic, partition, persisted }), false)
  }

  /** The batch's time is up. On its way it keeps its memory and its place until it is answered. */
  expire(batch: ProducerBatch, error: KafkaError): void {
    batch.fail(error)
    this.#count(batch, error)
    this.#accumulator.completed(batch)
    if (batch.awaitsAnswer) return
    batch.queue.discard(batch)
    this.#accumulator.release(batch, false)
  }

  #reject(batch: ProducerBatch, error: KafkaError, reusable: boolean): void {
    const { queue } = batch
    queue.discard(batch)
    if (batch.attempts > 0) queue.drop(batch, monotonicNow())
    batch.fail(error)
    this.#finish(batch, error, reusable)
  }

  #succeed(batch: ProducerBatch, baseOffset: number, logAppendTime: number, reusable: boolean): void {
    batch.queue.resolve(batch, monotonicNow())
    batch.succeed(baseOffset, logAppendTime)
    this.#finish(batch, null, reusable)
  }

  /** It expired while it was on its way, and now that it is answered nobody needs it any more. */
  #forget(batch: ProducerBatch, reusable: boolean): void {
    batch.queue.forget(batch, monotonicNow())
    this.#accumulator.release(batch, reusable)
  }

  #finish(batch: ProducerBatch, error: KafkaError | null, reusable: boolean): void {
    this.#count(batch, error)
    this.#accumulator.completed(batch)
    this.#accumulator.release(batch, reusable)
  }

  #count(batch: ProducerBatch, error: KafkaError | null): void {
    if (error !== null) this.#statistics.recordErrors += batch.count
    if (!channels.delivery.hasSubscribers) return
    const { topic, partition, count, plainSize, attempts, createdAt, firstSentAt } = batch
    const queueMs = (attempts === 0 ? monotonicNow() : firstSentAt) - createdAt
    channels.delivery.publish({ topic, partition, records: count, bytes: plainSize, queueMs, attempts, error })
  }

  #leader({ topic, partition }: ProducerBatch): number {
    return this.#cluster.leader(topic, partition)
  }

  /** The broker is not the leader: it may have said who is. */
  #follow(queue: PartitionQueue, { currentLeader }: PartitionAnswer, { endpoints }: AnswerContext): void {
    const { leaderId, leaderEpoch } = currentLeader
    if (leaderId >= 0) {
      this.#cluster.updateLeader(queue.topic, queue.partition, { id: leaderId, epoch: leaderEpoch }, endpoints)
    }
    this.#cluster.invalidate()
  }

  #error(batch: ProducerBatch, answer: PartitionAnswer, { broker }: AnswerContext): KafkaError {
    const { topic, partition } = batch
    return brokerError(answer.errorCode, `Topic '${topic}' partition ${partition}`, {
      topic,
      partition,
      broker,
      api: 'Produce',
      persisted: batch.maybeWritten ? 'maybe' : 'no',
      message: answer.errorMessage,
    })
  }

  /** KIP-126: the broker finds the batch too large, so its halves are tried, and later batches are made smaller. */
  async #split(batch: ProducerBatch, context: AnswerContext): Promise<void> {
    const { queue } = batch
    const middle = Math.ceil(batch.count / 2)
    queue.batchLimit = Math.min(queue.batchLimit, Math.ceil(batch.plainSize / 2))
    this.#statistics.batchSplits++
    await this.#rebuild(batch, context, (i) => (i < middle ? 0 : 1))
  }

  async #withoutInvalid(batch: ProducerBatch, answer: PartitionAnswer, context: AnswerContext): Promise<void> {
    const invalid = new Set<number>()
    for (const { batchIndex, batchIndexErrorMessage } of answer.recordErrors) {
      if (batchIndex < 0 || batchIndex >= batch.count || invalid.has(batchIndex)) continue
      invalid.add(batchIndex)
      const errorMessage = batchIndexErrorMessage ?? answer.errorMessage
      const error = this.#error(batch, { ...answer, errorMessage }, context)
      batch.delivery(batchIndex).failed(batch.deliveryIndex(batchIndex), error)
    }
    this.#statistics.recordErrors += invalid.size
    await this.#rebuild(batch, context, (i) => (invalid.has(i) ? null : 0))
  }

  /** Replaces a refused batch by new ones of its records; `groupOf` says in which a record goes, null for none. */
  async #rebuild(batch: ProducerBatch, context: AnswerContext, groupOf: (i: number) => number | null): Promise<void> {
    const { queue } = batch
    try {
      const records = await readRecords(batch)
      // It may have expired meanwhile.
      if (batch.settled) {
        this.#forget(batch, context.written)
        return
      }
      const groups: number[][] = []
      for (let i = 0; i < records.length; i++) {
        const group = groupOf(i)
        if (group === null) continue
        groups[group] ??= []
        groups[group].push(i)
      }
      const parts = this.#accumulator.split(batch, records, groups)
      for (const part of parts) this.#statistics.recordRetries += part.count
      queue.replace(batch, parts, monotonicNow())
      this.#accumulator.release(batch, context.written)
    } catch (error) {
      // A batch of the producer's own that cannot be read back: a bug, which must not leave its records without outcome.
      const cause = error instanceof KafkaError ? error : new KafkaError(String(error), { cause: error })
      this.refuse(batch, cause)
    }
  }
}
