import type { BrokerPool } from '../cluster/broker-pool.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { PartitionMetadata } from '../cluster/metadata.ts'
import { ClosedError, type KafkaError, UsageError } from '../errors.ts'
import { describe, integer, type OptionSchema, optional, readOptions } from '../options.ts'
import { abortable, abortError, monotonicNow } from '../retry.ts'
import { AbortableCall } from './abortable-call.ts'
import { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import { ClosingTime } from './closing-time.ts'
import { BatchDelivery, CallbackDelivery, type Delivery, PromiseDelivery } from './delivery.ts'
import { Dispatcher } from './dispatcher.ts'
import { Expiry } from './expiry.ts'
import { ProducerIdentity } from './idempotence.ts'
import { Intake } from './intake.ts'
import type { ProducerMessage, RecordMetadata } from './message.ts'
import { type ProducerMetrics, ProducerStatistics } from './metrics.ts'
import { type ProducerOptions, type ResolvedProducerOptions, readProducerOptions } from './options.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { type CallbackOptions, readSendOptions, type SendOptions, SIGNAL_ONLY, WITH_CALLBACK } from './send-options.ts'
import { Settlement } from './settlement.ts'

const NO_OPTIONS: SendOptions = {}

export interface ProducerCloseOptions {
  /** In ms; default `deliveryTimeoutMs`. */
  timeoutMs?: number
}

const closeOptions: OptionSchema<Pick<ProducerCloseOptions, 'timeoutMs'>> = { timeoutMs: optional(integer(0)) }

/**
 * Writes records to topics. Made by `kafka.producer()`; needs no `connect()`.
 *
 * Records of one partition are written in the order of their `send` calls. With the default options a record is
 * acknowledged when all in-sync replicas have it, retries write nothing twice, and every promise settles within
 * `deliveryTimeoutMs`. An error's `persisted` says whether the record can be in the log all the same.
 */
export class Producer<K = never, V = never> {
  readonly #cluster: Cluster
  readonly #options: ResolvedProducerOptions<never, never>
  readonly #pool: BrokerPool
  readonly #accumulator: Accumulator
  readonly #dispatcher: Dispatcher
  readonly #expiry: Expiry
  readonly #intake: Intake
  readonly #statistics = new ProducerStatistics()
  readonly #onClose: () => void
  /** Ends what goes on in the background, with the error for those in line. */
  readonly #ended = new AbortController()
  readonly #closingTime = new ClosingTime()
  #closing: Promise<void> | null = null

  /** @internal */
  constructor(cluster: Cluster, options: ProducerOptions<K, V>, onClose: () => void = () => {}) {
    const resolved = readProducerOptions<K, V>(options) as unknown as ResolvedProducerOptions<never, never>
    const { retryBackoffMs, retryBackoffMaxMs } = cluster.options
    const { enableIdempotence, transactionTimeoutMs, deliveryTimeoutMs } = resolved
    // A record's whole time is `deliveryTimeoutMs`, whatever it waits for.
    const maxBlockMs = Math.min(resolved.maxBlockMs, deliveryTimeoutMs)
    const { signal: closing } = this.#ended
    this.#cluster = cluster
    this.#options = resolved
    this.#onClose = onClose
    this.#pool = cluster.pool()
    this.#accumulator = new Accumulator({ ...resolved, maxBlockMs, retryBackoffMs, retryBackoffMaxMs })
    const settlement = new Settlement(cluster, this.#accumulator, this.#statistics, enableIdempotence)
    this.#dispatcher = new Dispatcher({
      cluster,
      accumulator: this.#accumulator,
      settlement,
      statistics: this.#statistics,
      identity: enableIdempotence ? new ProducerIdentity(cluster, transactionTimeoutMs, closing) : null,
      options: resolved,
      broker: (id) => this.#pool.broker(id),
    })
    const route = (queue: PartitionQueue): void => this.#dispatcher.route(queue)
    this.#expiry = new Expiry(this.#accumulator, settlement, deliveryTimeoutMs, route)
    this.#accumulator.onSealed = route
    this.#accumulator.onIdle = () => this.#expiry.rest()
    this.#intake = new Intake({
      cluster,
      accumulator: this.#accumulator,
      dispatcher: this.#dispatcher,
      expiry: this.#expiry,
      statistics: this.#statistics,
      options: { ...resolved, maxBlockMs },
      closing,
    })
  }

  /**
   * Sends a record; resolves when it is acknowledged as `acks` demands. A rejected promise that nobody awaits is an
   * unhandled rejection: to send without waiting, use `onDelivery`.
   * @throws (rejects with) UsageError for a message that cannot be sent; KafkaError `MESSAGE_TOO_LARGE` for one above
   * `maxRequestSize`; SerializationError; TimeoutError after `maxBlockMs` without memory or metadata, or after
   * `deliveryTimeoutMs`; BrokerError, AuthorizationError; AbortError; ClosedError
   */
  send(message: ProducerMessage<K, V>, options?: SendOptions): Promise<RecordMetadata>
  /** Sends a record and tells the outcome to a callback. */
  send(message: ProducerMessage<K, V>, options: CallbackOptions): void
  send(
    message: ProducerMessage<K, V>,
    options: SendOptions & Partial<CallbackOptions> = NO_OPTIONS,
  ): Promise<RecordMetadata> | undefined {
    const { signal, onDelivery } = readSendOptions(options, WITH_CALLBACK, 'send()')
    const record = message as unknown as ProducerMessage
    if (signal === undefined && onDelivery !== undefined) {
      this.#take(record, new CallbackDelivery(onDelivery), undefined)
      return undefined
    }
    const call = signal === undefined ? undefined : new AbortableCall(signal)
    const promise = new Promise<RecordMetadata>((resolve, reject) => {
      this.#take(record, new PromiseDelivery(resolve, reject), call)
    })
    const outcome = call === undefined ? promise : call.until(promise)
    if (onDelivery === undefined) return outcome
    const delivery = new CallbackDelivery(onDelivery)
    outcome.then(
      (metadata) => delivery.succeeded(0, metadata),
      (error) => delivery.failed(0, error),
    )
    return undefined
  }

  /**
   * Sends records, of any topics; resolves when all are acknowledged, with where they were written, in their order.
   * Not atomic.
   * @throws (rejects with) PartialFailureError when all have an outcome and some failed: `results[i]` is the metadata or
   * the error of `messages[i]`
   */
  sendBatch(
    messages: ReadonlyArray<ProducerMessage<K, V>>,
    options: SendOptions = NO_OPTIONS,
  ): Promise<RecordMetadata[]> {
    const { signal } = readSendOptions(options, SIGNAL_ONLY, 'sendBatch()')
    if (!Array.isArray(messages)) {
      return Promise.reject(new UsageError(`sendBatch() needs an array of messages, got ${describe(messages)}`))
    }
    const call = signal === undefined ? undefined : new AbortableCall(signal)
    if (signal?.aborted) return Promise.reject(call!.error)
    if (this.#closing !== null) return Promise.reject(closed())
    const delivery = new BatchDelivery(messages.length)
    const now = monotonicNow()
    const timestamp = Date.now()
    for (let i = 0; i < messages.length; i++) this.#intake.take(messages[i], delivery, i, now, timestamp, call)
    return call === undefined ? delivery.promise : call.until(delivery.promise)
  }

  /**
   * Sends what waits for more records, and resolves when everything sent before this call has an outcome: after `close()`
   * at once.
   */
  async flush(options: SendOptions = NO_OPTIONS): Promise<void> {
    const { signal } = readSendOptions(options, SIGNAL_ONLY, 'flush()')
    await abortable(this.#flush(), signal)
  }

  /**
   * Partitions of a topic, as far as known.
   * @throws BrokerError `UNKNOWN_TOPIC_OR_PARTITION`, AuthorizationError; TimeoutError after `maxBlockMs`
   */
  async partitionsFor(topic: string, options: SendOptions = NO_OPTIONS): Promise<PartitionMetadata[]> {
    const { signal } = readSendOptions(options, SIGNAL_ONLY, 'partitionsFor()')
    if (typeof topic !== 'string' || topic === '') {
      throw new UsageError(`partitionsFor() needs the name of a topic, got ${describe(topic)}`)
    }
    if (this.#closing !== null) throw closed()
    if (signal?.aborted) throw abortError(signal)
    const { partitions } = await this.#cluster.topic(topic, {
      timeoutMs: this.#options.maxBlockMs,
      signal,
      allowAutoTopicCreation: true,
    })
    return partitions.map((partition) => ({ ...partition }))
  }

  /** False while `bufferMemory` is full, when `send` waits for memory: a source that can be paused should be. */
  writable(): boolean {
    return this.#closing === null && this.#accumulator.memory.hasRoom
  }

  /** Figures since the producer was made. */
  metrics(): ProducerMetrics {
    return this.#statistics.snapshot(this.#accumulator.memory)
  }

  /**
   * Delivers what was sent, then ends. Safe to call more than once; the shortest `timeoutMs` counts.
   * @param options `timeoutMs`: how long it waits for outcomes, by default `deliveryTimeoutMs`; records without one then
   * fail with a ClosedError
   */
  async close(options: ProducerCloseOptions = {}): Promise<void> {
    const { timeoutMs = this.#options.deliveryTimeoutMs } = readOptions('close()', closeOptions, options)
    this.#closingTime.limit(timeoutMs)
    this.#closing ??= this.#close()
    await this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(message: ProducerMessage, delivery: Delivery, call: AbortableCall | undefined): void {
    if (call?.signal.aborted) delivery.failed(0, call.error)
    else if (this.#closing !== null) delivery.failed(0, closed())
    else this.#intake.take(message, delivery, 0, monotonicNow(), Date.now(), call)
  }

  async #flush(): Promise<void> {
    const delivered = (): Promise<void> => this.#accumulator.flush((queue) => this.#dispatcher.route(queue))
    // At once, as the line of one topic must not hold up what lingers for others; then again for those in line.
    await Promise.all([delivered(), this.#intake.emptied().then(delivered)])
  }

  async #close(): Promise<void> {
    await Promise.race([this.#flush(), this.#closingTime.up])
    this.#closingTime.clear()
    this.#dispatcher.close()
    this.#expiry.close()
    this.#ended.abort(closed())
    this.#accumulator.failAll(undelivered)
    this.#pool.close()
    this.#onClose()
  }
}

function closed(): ClosedError {
  return new ClosedError('The producer is closed', { persisted: 'no' })
}

function undelivered(batch: ProducerBatch): KafkaError {
  const { topic, partition, count, persisted } = batch
  const cause = batch.lastError ?? batch.queue.lastError ?? undefined
  return new ClosedError(
    `The producer was closed before ${count === 1 ? 'a record' : `${count} records`} for topic '${topic}' partition ` +
      `${partition} had an outcome`,
    { topic, partition, cause, persisted },
  )
}
