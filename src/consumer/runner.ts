import { AsyncLocalStorage } from 'node:async_hooks'
import { KafkaError } from '../errors.ts'
import { abortError, Backoff, sleep } from '../retry.ts'
import type { Delivery } from './delivery.ts'
import type { Message } from './message.ts'
import type { MessageBatch } from './message-batch.ts'
import type { AssignedPartition } from './partitions.ts'

/** What becomes of a message (or batch) whose handler threw. */
export type HandlerErrorAnswer = 'stop' | 'retry' | 'skip'

export interface RunOptions<K, V> {
  /** Called with each message; the next one of its partition waits until it is done. Either this or `eachBatch`. */
  eachMessage?: (message: Message<K, V>) => unknown
  /** Called with runs of messages of one partition. */
  eachBatch?: (batch: MessageBatch<K, V>) => unknown
  /** How many partitions are worked on at the same time; each keeps its order. Default 1. */
  partitionsConcurrently?: number
  /** Decides what to do when a handler throws (the message is the first of the batch for `eachBatch`). Default `'stop'`. */
  onError?: (error: unknown, message: Message<K, V>) => HandlerErrorAnswer | Promise<HandlerErrorAnswer>
  signal?: AbortSignal
}

export interface RunnerOptions {
  readonly maxBatch: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

/** One `run()`: gives messages to the user's handler, several partitions at a time, until it is told to stop. */
export class Runner<K, V> {
  readonly #delivery: Delivery<K, V>
  readonly #handlers: RunOptions<K, V>
  readonly #options: RunnerOptions
  readonly #workers = new Set<Promise<void>>()
  /** Set inside handlers: one that closes the consumer must not be waited for. */
  readonly #insideHandler = new AsyncLocalStorage<true>()
  #failure: { readonly error: unknown } | null = null
  readonly #stopping = new AbortController()

  constructor(delivery: Delivery<K, V>, handlers: RunOptions<K, V>, options: RunnerOptions) {
    this.#delivery = delivery
    this.#handlers = handlers
    this.#options = options
  }

  /** @throws KafkaError `HANDLER_FAILED`, or what no retry cures, once all handlers are done */
  async run(): Promise<void> {
    const { partitionsConcurrently = 1, signal } = this.#handlers
    const onAbort = (): void => this.#fail(abortError(signal))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort)
    try {
      while (!this.#stopped) {
        if (this.#workers.size >= partitionsConcurrently) {
          // Raised by each worker that is done.
          await this.#delivery.news.wait()
          continue
        }
        const partition = await this.#delivery.nextPartition({ stopped: () => this.#stopped })
        if (partition === null) break
        this.#start(partition)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
    await Promise.all(this.#workers)
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Stops, and resolves when the handlers at work are done or `timeoutMs` is over; at once inside one of them. */
  async settled(timeoutMs: number): Promise<void> {
    this.#stopping.abort()
    if (this.#insideHandler.getStore()) return
    const timeout = new AbortController()
    const done = Promise.all(this.#workers).then(() => timeout.abort())
    await Promise.race([done, sleep(timeoutMs, timeout.signal).catch(() => {})])
  }

  get #stopped(): boolean {
    return this.#failure !== null || this.#delivery.closed || this.#stopping.signal.aborted
  }

  #start(partition: AssignedPartition): void {
    partition.busy = true
    const worker = this.#work(partition)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        partition.busy = false
        // What a stopped or failed handler had in hand is delivered again.
        this.#delivery.giveBack(partition)
        this.#workers.delete(worker)
        this.#delivery.handover.release()
        this.#delivery.news.raise()
      })
    this.#workers.add(worker)
  }

  #work(partition: AssignedPartition): Promise<void> {
    const { eachMessage, eachBatch } = this.#handlers
    if (eachBatch !== undefined) return this.#workOnBatch(partition, eachBatch)
    return this.#workOnMessages(partition, eachMessage as (message: Message<K, V>) => unknown)
  }

  async #workOnBatch(partition: AssignedPartition, handler: (batch: MessageBatch<K, V>) => unknown): Promise<void> {
    const batch = await this.#delivery.takeBatch(partition, this.#options.maxBatch)
    if (batch === undefined || this.#stopped) return
    if (await this.#handle(batch[0], () => handler(batch))) partition.count()
  }

  async #workOnMessages(partition: AssignedPartition, handler: (message: Message<K, V>) => unknown): Promise<void> {
    const { epoch } = partition
    // Until the messages at hand are gone, or somebody wants the partition, or the user sought elsewhere.
    while (!(this.#stopped || this.#delivery.handover.wanted) && partition.epoch === epoch) {
      const message = await this.#delivery.take(partition)
      if (message === undefined || !(await this.#handle(message, () => handler(message)))) return
      partition.count()
      this.#delivery.asked = true
      await this.#delivery.turn()
    }
  }

  /** @returns whether the message counts as processed */
  async #handle(message: Message<K, V>, handler: () => unknown): Promise<boolean> {
    const backoff = new Backoff(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs)
    for (;;) {
      try {
        await this.#insideHandler.run(true, handler)
        return true
      } catch (error) {
        const answer = await this.#judge(error, message)
        if (answer === 'skip') return true
        if (answer === 'stop') {
          this.#fail(handlerFailed(error, message))
          return false
        }
        // Stopped, or wanted elsewhere, while it waits: the message goes back.
        await sleep(backoff.next(), this.#stopping.signal).catch(() => {})
        if (this.#stopped || this.#delivery.handover.wanted) return false
      }
    }
  }

  async #judge(error: unknown, message: Message<K, V>): Promise<HandlerErrorAnswer> {
    const { onError } = this.#handlers
    if (onError === undefined) return 'stop'
    try {
      const answer = await this.#insideHandler.run(true, () => onError(error, message))
      return answer === 'skip' || answer === 'retry' ? answer : 'stop'
    } catch {
      // Whoever cannot even decide cannot go on; the handler's error is the one to report.
      return 'stop'
    }
  }

  /** The first failure is the one that `run()` rejects with. */
  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stopping.abort()
    this.#delivery.news.raise()
  }
}

function handlerFailed<K, V>(cause: unknown, { topic, partition, offset }: Message<K, V>): KafkaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KafkaError(`The handler failed at offset ${offset} of ${topic}-${partition}: ${reason}`, {
    code: 'HANDLER_FAILED',
    topic,
    partition,
    offset,
    cause,
  })
}
