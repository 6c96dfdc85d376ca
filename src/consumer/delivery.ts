import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from '../diagnostics.ts'
import { DecodeError, KafkaError, UsageError } from '../errors.ts'
import { abortError, monotonicNow } from '../retry.ts'
import type { ConsumerCounters } from './consumer-metrics.ts'
import { type Deserialization, DeserializationError } from './deserialization.ts'
import type { FetchedBatch } from './fetched-batch.ts'
import { Handover } from './handover.ts'
import type { Message } from './message.ts'
import { MessageBatch } from './message-batch.ts'
import type { DeserializationErrorPolicy } from './options.ts'
import type { AssignedPartition, Partitions } from './partitions.ts'
import { Wakeup } from './wakeup.ts'

export interface DeliveryOptions<K, V> {
  readonly deserialization: Deserialization<K, V>
  readonly onDeserializationError: DeserializationErrorPolicy
  /** How long a partition rests after an error, in ms. */
  readonly retryBackoffMs: number
  readonly logger: Logger
  readonly counters: ConsumerCounters
  /** A partition has room for more. */
  roomFor(partition: AssignedPartition): void
  /** A partition without a position may be looked at again. */
  positionWanted(): void
  /** The user's code asks for messages. */
  asked(): void
}

/**
 * How long code may go from one message to the next without the event loop turning. Messages at hand cost no turn of
 * it, and while it does not turn, no heartbeat is sent and nothing is received.
 */
const TURN_EVERY_MS = 5

/**
 * Where the user's code gets its messages from: picks partitions in turn, decodes what was fetched, and knows what the
 * user's code has in hand. Iterators, `poll()` and `run()` are all made of this.
 */
export class Delivery<K, V> {
  /** Raised when a deliverer that waits should look again. */
  readonly news = new Wakeup()
  readonly handover = new Handover(this.news)
  /** Set whenever the user's code asks for more; whoever watches over it resets it. */
  asked = false
  readonly #partitions: Partitions
  readonly #options: DeliveryOptions<K, V>
  /** Who delivers now, as named in the error for the second one. */
  #deliverer: string | null = null
  /** Out to the user by `poll()`. */
  readonly #polled = new Set<AssignedPartition>()
  #waiting = false
  #failure: KafkaError | null = null
  #turnedAt = monotonicNow()
  #closed = false

  constructor(partitions: Partitions, options: DeliveryOptions<K, V>) {
    this.#partitions = partitions
    this.#options = options
  }

  get closed(): boolean {
    return this.#closed
  }

  /** No retry cures something, and the user's code has not been told yet. */
  get failed(): boolean {
    return this.#failure !== null
  }

  /** True while the user's code waits for messages, and has none in hand. */
  get waiting(): boolean {
    return this.#waiting && !this.handover.held
  }

  /** Ends the iteration: whoever waits for a message gets none. */
  close(): void {
    this.#closed = true
    this.news.raise()
  }

  /** No retry cures this: the user's code gets it when it asks next; once, unless the consumer cannot be used any more. */
  fail(error: KafkaError): void {
    if (this.#failure?.fatal) return
    this.#failure = error
    this.news.raise()
  }

  /**
   * Becomes the one who delivers. What `poll()` gave before counts as processed: the next is being asked for.
   * @throws UsageError if there is one already
   */
  begin(deliverer: string): void {
    if (this.#deliverer !== null) {
      throw new UsageError(
        `${deliverer} while ${this.#deliverer} is under way: a consumer delivers its messages to one place at a time`,
        { code: 'INVALID_STATE' },
      )
    }
    this.#deliverer = deliverer
    this.countPolled()
  }

  end(): void {
    this.#deliverer = null
  }

  /** `poll()` gives out messages of this partition. */
  polled(partition: AssignedPartition): void {
    if (this.#polled.size === 0) this.handover.hold()
    this.#polled.add(partition)
  }

  countPolled(): void {
    this.#letGoOfPolled((partition) => partition.count())
  }

  /** What `poll()` was about to give out is delivered again. */
  takePolledBack(): void {
    this.#letGoOfPolled((partition) => this.giveBack(partition))
  }

  /** The places of what the last `poll()` gave out count as processed, but stay in the user's hands. */
  markPolledProcessed(): void {
    for (const partition of this.#polled) partition.count()
  }

  /** What was taken of the partition and not counted is delivered again, and fetched again if need be. */
  giveBack(partition: AssignedPartition): void {
    partition.rewind()
    this.#options.roomFor(partition)
  }

  /**
   * Waits for a partition that has a decoded message. It counts as held by the user's code: the caller releases the
   * handover when what it takes is processed, or when there is nothing after all.
   * @param options.stopped asked after each `news`: whether nobody waits any more
   * @returns null when the consumer was closed, when `stopped`, or after `timeoutMs`
   * @throws whatever no retry cures; AbortError
   */
  async nextPartition(
    options: { signal?: AbortSignal; timeoutMs?: number; stopped?: () => boolean } = {},
  ): Promise<AssignedPartition | null> {
    const { signal, timeoutMs, stopped } = options
    const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : monotonicNow() + timeoutMs
    const onAbort = (): void => this.news.raise()
    signal?.addEventListener('abort', onAbort)
    try {
      for (;;) {
        await this.turn()
        if (this.#closed || stopped?.()) return null
        if (signal?.aborted) throw abortError(signal)
        if (!this.handover.wanted) this.#throwFailure()
        this.asked = true
        this.#options.asked()
        const partition = this.handover.wanted ? undefined : this.#pick()
        if (partition !== undefined) {
          if (await this.#prepareHeld(partition)) return partition
          continue
        }
        const leftMs = until - monotonicNow()
        if (leftMs <= 0) return null
        this.#waiting = true
        await this.news.wait(leftMs)
        this.#waiting = false
        this.#turnedAt = monotonicNow()
      }
    } finally {
      this.#waiting = false
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Lets the event loop turn, if it has not for a while. */
  async turn(): Promise<void> {
    if (monotonicNow() - this.#turnedAt <= TURN_EVERY_MS) return
    await nextTurn()
    this.#turnedAt = monotonicNow()
  }

  /** Holds the partition from before its messages are decoded: on their way out they are as good as delivered. */
  async #prepareHeld(partition: AssignedPartition): Promise<boolean> {
    let isReady = false
    this.handover.hold()
    try {
      isReady = await this.prepare(partition)
    } finally {
      if (!isReady) this.handover.release()
    }
    return isReady
  }

  /**
   * Decodes until the partition has a message at hand.
   * @returns false if there was none in what has been fetched
   * @throws the partition's error
   */
  async prepare(partition: AssignedPartition): Promise<boolean> {
    while (!partition.hasMessage) {
      if (partition.paused) return false
      const batch = partition.dequeue()
      if (batch === undefined) {
        this.#throwErrorOf(partition)
        return false
      }
      const { epoch, position } = partition
      try {
        const decoded = batch.decode(position)
        const messages = decoded instanceof Promise ? await decoded : decoded
        if (partition.epoch !== epoch) continue
        partition.corruptOffset = -1
        partition.supply(messages, batch.nextOffset)
        this.#options.counters.records += messages.length
      } catch (error) {
        if (partition.epoch !== epoch) continue
        this.#corrupt(partition, batch, error)
      }
      this.#options.roomFor(partition)
    }
    return true
  }

  /**
   * The next message at hand; `undefined` if there is none (any more). A promise only if a deserializer, or what is
   * done about its failure, takes time.
   * @throws DeserializationError (or rejects with it), with the partition's place unchanged
   */
  take(partition: AssignedPartition): Message<K, V> | undefined | Promise<Message<K, V> | undefined> {
    const { deserialization } = this.#options
    // Without deserializers K and V are Buffer.
    if (deserialization.isNone) return partition.take() as Message<K, V> | undefined
    const raw = partition.peek()
    if (raw === undefined) return undefined
    try {
      const message = deserialization.apply(raw)
      if (message instanceof Promise) return this.#takeLater(partition, raw, message)
      partition.take()
      return message
    } catch (error) {
      return this.#takeLater(partition, raw, Promise.reject(error))
    }
  }

  /** Up to `max` messages of a partition, of as many fetched batches as it takes; `undefined` if there is none (any more). */
  async takeBatch(partition: AssignedPartition, max: number): Promise<MessageBatch<K, V> | undefined> {
    const batch = new MessageBatch<K, V>(partition.topic, partition.partition, partition.highWatermark)
    const { seeks } = partition
    while (batch.length < max) {
      try {
        const taken = this.take(partition)
        const message = taken instanceof Promise ? await taken : taken
        if (message !== undefined) batch.push(message)
        else if (!partition.hasBatch || !(await this.prepare(partition))) break
      } catch (error) {
        if (batch.length === 0) throw error
        // What comes before the failure is delivered first; then the failure comes up again.
        break
      }
      if (partition.seeks !== seeks) break
    }
    // A seek makes what was taken obsolete.
    if (batch.length === 0 || partition.seeks !== seeks) return undefined
    return MessageBatch.complete(batch, partition.position)
  }

  /** The first message that is not passed over, beginning with `raw`. */
  async #takeLater(
    partition: AssignedPartition,
    raw: Message,
    deserialized: Promise<Message<K, V>>,
  ): Promise<Message<K, V> | undefined> {
    for (;;) {
      const { epoch } = partition
      const message = await deserialized.catch((error: unknown) => this.#refused(raw, error))
      // A seek or a pause may have come meanwhile.
      if (partition.epoch !== epoch || partition.peek() !== raw) return undefined
      if (message !== null) {
        partition.take()
        return message
      }
      skip(partition)
      await this.turn()
      const next = partition.peek()
      if (next === undefined) return undefined
      raw = next
      deserialized = this.#deserialize(next)
    }
  }

  async #deserialize(raw: Message): Promise<Message<K, V>> {
    return this.#options.deserialization.apply(raw)
  }

  /** A deserializer refused a message: by policy that is the user's problem, or the message is passed over. */
  async #refused(raw: Message, error: unknown): Promise<null> {
    const { onDeserializationError: policy } = this.#options
    if (!(error instanceof DeserializationError) || policy === 'fail') throw error
    if (policy !== 'skip') await policy(error, raw)
    return null
  }

  #letGoOfPolled(finish: (partition: AssignedPartition) => void): void {
    if (this.#polled.size === 0) return
    for (const partition of this.#polled) finish(partition)
    this.#polled.clear()
    this.handover.release()
  }

  #pick(): AssignedPartition | undefined {
    for (const partition of this.#partitions) {
      if (!partition.deliverable) continue
      this.#partitions.toTheEnd(partition)
      return partition
    }
    return undefined
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === null) return
    if (!failure.fatal) this.#failure = null
    throw failure
  }

  #throwErrorOf(partition: AssignedPartition): void {
    const { error } = partition
    if (error === null) return
    // Thrown once each time; whoever asks again makes the client try again.
    partition.error = null
    if (partition.source !== null) this.#options.positionWanted()
    this.#options.roomFor(partition)
    throw error
  }

  /** Bytes can be damaged on the way: they are fetched once more before that is the user's problem. */
  #corrupt(partition: AssignedPartition, batch: FetchedBatch, cause: unknown): void {
    const { topic, partition: number, key, position } = partition
    partition.refetch()
    partition.retryAt = monotonicNow() + this.#options.retryBackoffMs
    this.#options.roomFor(partition)
    // What is too large by the user's own word will not be smaller the next time.
    if (!(cause instanceof DecodeError) || cause.code === 'MESSAGE_TOO_LARGE') throw cause
    if (partition.corruptOffset === batch.baseOffset) {
      throw new KafkaError(`The batch at offset ${batch.baseOffset} of ${key} is corrupt: ${cause.message}`, {
        code: 'CORRUPT_MESSAGE',
        topic,
        partition: number,
        offset: Math.max(position, batch.baseOffset),
        // Of what is no batch at all, nobody knows where it ends.
        nextOffset: batch.nextOffset > batch.baseOffset ? batch.nextOffset : undefined,
        cause,
      })
    }
    partition.corruptOffset = batch.baseOffset
    this.#options.logger.warn(`The batch at offset ${batch.baseOffset} of ${key} is corrupt; fetching it once more`, {
      error: cause,
    })
  }
}

/** Passes over the next message. If nothing before it waits to be counted, it is as good as processed. */
function skip(partition: AssignedPartition): void {
  const { outstanding } = partition
  partition.take()
  if (!outstanding) partition.count()
}
