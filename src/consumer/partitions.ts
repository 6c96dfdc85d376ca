import type { KafkaError } from '../errors.ts'
import type { FetchedBatch } from './fetched-batch.ts'
import type { Message } from './message.ts'
import { partitionKey, type TopicPartition } from './topic-partition.ts'

/** A place in the log that its leader has to be asked for. */
export type LogPlace = 'earliest' | 'latest' | { readonly timestamp: number }

/** Where a partition without a position gets one: from the group, from its leader, or by the reset policy. */
export type PositionSource =
  | { readonly kind: 'committed' }
  | { readonly kind: 'log'; readonly place: LogPlace }
  /** There is no committed offset, or the log does not have `offset` (any more, or yet). */
  | { readonly kind: 'policy'; readonly offset: number | null }

/** Decoded messages of a partition, and how far the user's code got in them. */
interface Run {
  readonly messages: readonly Message[]
  /** The next to hand out. */
  index: number
  /** The position before the first and after the last: records that nobody sees may lie around them. */
  readonly startOffset: number
  readonly nextOffset: number
}

const NO_RUN: Run = { messages: [], index: 0, startOffset: -1, nextOffset: -1 }

/**
 * One partition that this consumer reads: where it is, and what was fetched ahead.
 *
 * There are three places, in this order: `processed` (the user's code is done with everything before it: what gets
 * committed), `position` (what is handed out next) and `fetchOffset` (what is fetched next).
 */
export class AssignedPartition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly key: string
  /** Where the position comes from, while there is none. */
  source: PositionSource | null = null
  position = -1
  processed = -1
  /** Epoch of the leader that wrote the record before `processed`; −1 unknown. */
  processedEpoch = -1
  fetchOffset = -1
  /** The last offset known to be committed; −1 if none. */
  committed = -1
  paused = false
  /** While a handler of `run()` works on it, nobody else gets its messages. */
  busy = false
  highWatermark = -1
  lastStableOffset = -1
  /** The replica that the leader told us to read from (KIP-392), for a while; −1 for the leader itself. */
  preferredReplica = -1
  preferredReplicaUntil = 0
  /** A request for it is on the wire. */
  fetching = false
  /** Not asked for before this time of the monotonic clock: its last answers were errors, this many in a row. */
  retryAt = 0
  failures = 0
  /** Thrown when the user's code gets to it. */
  error: KafkaError | null = null
  /** Base offset of a batch that was corrupt once; if it is so again, that is an error. */
  corruptOffset = -1
  /** Grows whenever what was fetched ahead is dropped: what was asked for in an older epoch comes too late. */
  epoch = 0
  /** Grows with every seek, and when the partition is given away: what was taken before is about another place. */
  seeks = 0
  #bufferedBytes = 0
  #queue: FetchedBatch[] = []
  #run: Run = NO_RUN

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
    this.key = partitionKey(topic, partition)
  }

  /** Bytes that were fetched and not yet decoded. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** True if `take()` would give a message. */
  get hasMessage(): boolean {
    return this.#run.index < this.#run.messages.length && !this.paused
  }

  /** True if `dequeue()` would give a batch. */
  get hasBatch(): boolean {
    return this.#queue.length > 0
  }

  /** True if there is something here for the user's code, if only an error. */
  get deliverable(): boolean {
    if (this.paused || this.busy) return false
    return this.#run.index < this.#run.messages.length || this.#queue.length > 0 || this.error !== null
  }

  /** What `take()` would give. */
  peek(): Message | undefined {
    return this.paused ? undefined : this.#run.messages[this.#run.index]
  }

  /** The next decoded message; it is the user's from now on. */
  take(): Message | undefined {
    const run = this.#run
    if (run.index === run.messages.length || this.paused) return undefined
    const message = run.messages[run.index++]
    this.position = run.index === run.messages.length ? run.nextOffset : message.offset + 1
    return message
  }

  /** Something was taken and not yet counted or rewound. */
  get outstanding(): boolean {
    return this.position !== this.processed
  }

  /** The user's code is done with everything that it took. */
  count(): void {
    if (this.processed === this.position) return
    this.processed = this.position
    const { messages, index } = this.#run
    if (index > 0) this.processedEpoch = messages[index - 1].leaderEpoch
  }

  /**
   * The user's code committed `offset`: it is done with what it took before that. Otherwise the next commit of what is
   * processed would take the group back.
   */
  countUpTo(offset: number, leaderEpoch = -1): void {
    if (offset <= this.processed || offset > this.position) return
    this.processed = offset
    this.processedEpoch = leaderEpoch
  }

  /** What was taken and not counted is handed out again. */
  rewind(): void {
    if (this.position === this.processed) return
    const run = this.#run
    if (this.processed < run.startOffset || run === NO_RUN) {
      this.position = this.processed
      // It belongs behind what is fetched again, and comes up again there.
      this.error = null
      this.refetch()
      return
    }
    let index = run.index
    while (index > 0 && run.messages[index - 1].offset >= this.processed) index--
    run.index = index
    this.position = this.processed
  }

  /** From now on the partition is read from `offset`; everything fetched ahead is dropped. */
  seek(offset: number, leaderEpoch = -1): void {
    this.#forget()
    this.source = null
    this.position = offset
    this.processed = offset
    this.processedEpoch = leaderEpoch
    this.fetchOffset = offset
  }

  /** From now on the partition is read from a place that has to be asked for first. */
  seekTo(source: PositionSource): void {
    this.#forget()
    this.source = source
    this.position = -1
    this.processed = -1
    this.fetchOffset = -1
  }

  /** Everything fetched ahead is fetched once more. */
  refetch(): void {
    this.#dropFetched()
    this.fetchOffset = this.position
  }

  /** The partition was given away: what is still under way for it comes too late. */
  abandon(): void {
    this.#forget()
    this.position = -1
    this.processed = -1
    this.fetchOffset = -1
  }

  enqueue(batches: readonly FetchedBatch[], nextOffset: number): void {
    for (const batch of batches) {
      this.#queue.push(batch)
      this.#bufferedBytes += batch.byteLength
    }
    this.fetchOffset = nextOffset
  }

  dequeue(): FetchedBatch | undefined {
    const batch = this.#queue.shift()
    if (batch !== undefined) this.#bufferedBytes -= batch.byteLength
    return batch
  }

  /**
   * Takes over what a batch was decoded to; what was decoded before must have been taken. Records that nobody may
   * see (control records, aborted ones) move the place as if they had been processed, once everything before them was.
   */
  supply(messages: readonly Message[], nextOffset: number): void {
    const startOffset = this.position
    if (messages.length > 0) {
      this.#run = { messages, index: 0, startOffset, nextOffset }
      return
    }
    if (nextOffset <= startOffset) return
    if (this.processed === startOffset) this.processed = nextOffset
    this.position = nextOffset
  }

  #forget(): void {
    this.#dropFetched()
    this.seeks++
    this.error = null
    this.corruptOffset = -1
    this.retryAt = 0
    this.failures = 0
    this.preferredReplica = -1
  }

  #dropFetched(): void {
    this.epoch++
    this.fetching = false
    this.#queue = []
    this.#bufferedBytes = 0
    this.#run = NO_RUN
  }
}

/** The partitions that a consumer reads now. */
export class Partitions implements Iterable<AssignedPartition> {
  readonly #byKey = new Map<string, AssignedPartition>()

  get size(): number {
    return this.#byKey.size
  }

  get({ topic, partition }: TopicPartition): AssignedPartition | undefined {
    return this.#byKey.get(partitionKey(topic, partition))
  }

  add(topic: string, partition: number): AssignedPartition {
    const added = new AssignedPartition(topic, partition)
    this.#byKey.set(added.key, added)
    return added
  }

  remove(partition: AssignedPartition): void {
    if (this.#byKey.delete(partition.key)) partition.abandon()
  }

  [Symbol.iterator](): MapIterator<AssignedPartition> {
    return this.#byKey.values()
  }

  /** Moves a partition behind all others: the next one's turn has come. */
  toTheEnd(partition: AssignedPartition): void {
    if (this.#byKey.delete(partition.key)) this.#byKey.set(partition.key, partition)
  }

  list(): TopicPartition[] {
    return Array.from(this, ({ topic, partition }) => ({ topic, partition }))
  }
}
