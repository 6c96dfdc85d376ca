import type { KafkaError } from '../errors.ts'
import { Backoff } from '../retry.ts'
import type { ProducerBatch, ProducerStamp } from './batch.ts'

/** Not before somebody wakes the partition. */
export const ASLEEP = Infinity

/** In place of a broker id. */
export const NO_LEADER = -1

const MAX_EPOCH = 32_767
const SEQUENCES = 2 ** 31

/**
 * The batches of one partition, in the order in which they must be written: the open one at the end, closed ones that
 * wait before it, and first those that are on their way.
 *
 * When one of the batches on their way comes back for a retry, nothing more is sent until all of them have been
 * answered; then those that failed go to the front of the line, in order and with their sequence.
 */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Takes records; null between batches. */
  open: ProducerBatch | null = null
  /** Broker that the batches on their way were sent to; −1 if there are none. */
  brokerId = -1
  /** Most bytes for a batch: less than `batchSize` once the broker has found one too large. */
  batchLimit: number
  /** Bytes that the last batch took: how much memory the next one begins with. */
  lastSize = 0
  /** The last reason for a retry. */
  lastError: KafkaError | null = null
  /** Broker id of the sender that has it in its list, {@link NO_LEADER} if it waits for a leader, null if neither. */
  listedAt: number | null = null
  readonly #closed: ProducerBatch[] = []
  /** Those on their way and those that came back while others still are, in order. */
  readonly #unresolved: ProducerBatch[] = []
  readonly #backoff: Backoff
  #awaited = 0
  #recovering = false
  /**
   * The broker has written a batch since the last failure. Before that batches go one by one: a broker that knows nothing
   * of the producer takes any sequence, and would write the second batch although it refused the first.
   */
  #proven = false
  #notBefore = 0
  #stamp: ProducerStamp | null = null
  #nextSequence = 0
  /** A batch of the sequence will never be written, so what follows needs a new sequence. */
  #sequenceBroken = false
  /** The broker has refused the head of the line for a gap before it: nothing of this stamp in line is in the log. */
  #gapIn: ProducerStamp | null = null
  #needsNewProducerId = false

  constructor(
    topic: string,
    partition: number,
    batchLimit: number,
    retry: { backoffMs: number; backoffMaxMs: number },
  ) {
    this.topic = topic
    this.partition = partition
    this.batchLimit = batchLimit
    this.#backoff = new Backoff(retry.backoffMs, retry.backoffMaxMs)
  }

  get isIdle(): boolean {
    return this.open === null && this.#closed.length === 0
  }

  /** Batches that wait for an answer. */
  get awaited(): number {
    return this.#awaited
  }

  /** The producer id whose epochs this partition has used up; null if it has not. */
  get exhaustedProducerId(): number | null {
    return this.#needsNewProducerId ? this.#stamp!.producerId : null
  }

  /** Batches that are not on their way. */
  *waiting(): Generator<ProducerBatch> {
    yield* this.#closed
    if (this.open !== null) yield this.open
  }

  /** The first in line, when it is closed. */
  get head(): ProducerBatch | undefined {
    return this.#closed[0]
  }

  /** Puts the open batch, which must be sealed or being sealed, in line. */
  closeOpen(): void {
    this.#closed.push(this.open!)
    this.open = null
  }

  /**
   * When the next batch can be sent: a time on the monotonic clock, not later than `now` if at once.
   * @param lingerMs how long an open batch waits for more records
   */
  sendableAt(now: number, lingerMs: number): number {
    if (this.#recovering || (this.#awaited > 0 && !this.#mayFollow)) return ASLEEP
    const head = this.#closed[0]
    if (head !== undefined) return head.bytes === null ? ASLEEP : Math.max(now, this.#notBefore)
    return this.open === null ? ASLEEP : Math.max(this.#notBefore, this.open.createdAt + lingerMs)
  }

  /**
   * Whether another batch can be sent behind those on their way. Not behind one that may be in the log: a broker knows the
   * last five by their sequence, and those that were on their way with it when its answer was lost count already.
   */
  get #mayFollow(): boolean {
    return this.#proven && !this.#unresolved[this.#unresolved.length - 1].maybeWritten
  }

  /** Takes the first batch in line, to be sent to a broker now. */
  take(brokerId: number): ProducerBatch {
    const batch = this.#closed.shift()!
    this.#unresolved.push(batch)
    this.#awaited++
    this.brokerId = brokerId
    batch.awaitsAnswer = true
    batch.attempts++
    return batch
  }

  /** Gives a batch its place in the sequence, unless it has kept the one of an earlier attempt. */
  stamp(batch: ProducerBatch, current: ProducerStamp): void {
    if (batch.stamp !== null) {
      batch.stampWith(batch.stamp, batch.sequence)
      return
    }
    if (this.#stamp === null || this.#needsNewProducerId) {
      this.#stamp = current
      this.#nextSequence = 0
      this.#needsNewProducerId = false
    }
    batch.stampWith(this.#stamp, this.#nextSequence)
    this.#nextSequence = (this.#nextSequence + batch.count) % SEQUENCES
  }

  /** True if no batch before this one is unanswered or comes again: a gap in the sequence is then no matter of order. */
  isFirst(batch: ProducerBatch): boolean {
    return this.#unresolved[0] === batch
  }

  /** The batch is written. */
  resolve(batch: ProducerBatch, now: number): void {
    this.#backoff.reset()
    this.#proven = true
    this.lastError = null
    this.forget(batch, now)
  }

  /** Nobody waits for the batch any more. It keeps its place in the sequence: perhaps it was written. */
  forget(batch: ProducerBatch, now: number): void {
    this.#answered(batch)
    this.#remove(batch)
    this.#finishRecovery(now)
  }

  /** The batch will never be written under its sequence. */
  drop(batch: ProducerBatch, now: number): void {
    this.#answered(batch)
    this.#remove(batch)
    if (batch.sequence !== -1) this.#breakSequence()
    this.#finishRecovery(now)
  }

  /**
   * The batch comes again, when all that are on their way have been answered.
   * @param leader who leads the partition by now: another than the one asked can be asked at once
   */
  retry(batch: ProducerBatch, now: number, error: KafkaError, leader: number): void {
    const wait = leader === NO_LEADER || leader === this.brokerId
    this.#answered(batch)
    batch.lastError = error
    this.lastError = error
    this.#recovering = true
    this.#finishRecovery(now, wait)
  }

  /** As `retry`, under a new epoch: the broker surely does not have it. */
  retryInNewEpoch(batch: ProducerBatch, now: number, error: KafkaError, leader: number): void {
    this.#sequenceBroken = true
    this.retry(batch, now, error, leader)
  }

  /** As `retryInNewEpoch`: the broker waits for what will not come, and has neither this batch nor any behind it. */
  retryAfterGap(batch: ProducerBatch, now: number, error: KafkaError, leader: number): void {
    this.#gapIn = batch.stamp
    this.retryInNewEpoch(batch, now, error, leader)
  }

  /** Others take the place of a batch, to be sent at once. */
  replace(batch: ProducerBatch, parts: readonly ProducerBatch[], now: number): void {
    this.#answered(batch)
    this.#unresolved.splice(this.#unresolved.indexOf(batch), 1, ...parts)
    this.#recovering = true
    // Parts of the same records take up the same stretch of the sequence; otherwise there is a gap now.
    let count = 0
    for (const part of parts) {
      if (batch.stamp !== null) {
        part.stamp = batch.stamp
        part.sequence = (batch.sequence + count) % SEQUENCES
      }
      count += part.count
    }
    if (batch.stamp !== null && count !== batch.count) this.#breakSequence()
    this.#finishRecovery(now, false)
  }

  /** Forgets a batch that is not on its way. Its sequence stays used. */
  discard(batch: ProducerBatch): void {
    if (this.open === batch) this.open = null
    else if (!this.#removeFrom(this.#closed, batch)) this.#remove(batch)
  }

  #answered(batch: ProducerBatch): void {
    if (!batch.awaitsAnswer) return
    batch.awaitsAnswer = false
    this.#awaited--
    if (this.#awaited === 0) this.brokerId = -1
  }

  #remove(batch: ProducerBatch): void {
    this.#removeFrom(this.#unresolved, batch)
  }

  #removeFrom(list: ProducerBatch[], batch: ProducerBatch): boolean {
    const i = list.indexOf(batch)
    if (i !== -1) list.splice(i, 1)
    return i !== -1
  }

  #breakSequence(): void {
    this.#sequenceBroken = true
    this.#recovering = true
  }

  /** When the last batch on its way has been answered: those that failed go to the front of the line. */
  #finishRecovery(now: number, wait = true): void {
    if (!this.#recovering || this.#awaited > 0) return
    this.#recovering = false
    this.#proven = false
    const again = this.#unresolved.splice(0).filter((batch) => !batch.settled)
    if (again.length > 0 && wait) this.#notBefore = now + this.#backoff.next()
    this.#closed.unshift(...again)
    this.#closeGap()
    if (this.#sequenceBroken) this.#startSequenceAnew()
  }

  /** Only now, as the loss of a connection may have made those behind the gap doubtful after its discovery. */
  #closeGap(): void {
    if (this.#gapIn === null) return
    for (const batch of this.#closed) if (batch.stamp === this.#gapIn) batch.maybeWritten = false
    this.#gapIn = null
  }

  /**
   * A new epoch of this partition, from sequence 0 on. The broker then refuses whatever of the old epoch is still on a
   * lost connection's way. A batch that may be in the log must keep its old sequence, by which the broker can tell.
   */
  #startSequenceAnew(): void {
    if (this.#closed.some((batch) => batch.stamp !== null && batch.maybeWritten)) return
    this.#sequenceBroken = false
    if (this.#stamp === null) return
    if (this.#stamp.epoch === MAX_EPOCH) this.#needsNewProducerId = true
    else this.#stamp = { producerId: this.#stamp.producerId, epoch: this.#stamp.epoch + 1 }
    this.#nextSequence = 0
    for (const batch of this.#closed) batch.unstamp()
  }
}
