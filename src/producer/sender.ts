import type { ResponseOf } from '../../protocol/api.ts'
import { produce } from '../../protocol/messages/produce.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import type { Broker } from '../network/broker.ts'
import type { Connection } from '../network/connection.ts'
import { MAX_TIMER_MS, monotonicNow } from '../retry.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import type { ProducerIdentity } from './idempotence.ts'
import type { ProducerStatistics } from './metrics.ts'
import type { ResolvedProducerOptions } from './options.ts'
import { ASLEEP, type PartitionQueue } from './partition-queue.ts'
import { ProduceRequest } from './produce-request.ts'
import { mayHeal, type Settlement } from './settlement.ts'

/** A request takes batches of many partitions up to this size; a single larger batch travels alone. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024

/** What all senders of a producer share. */
export interface SenderContext {
  cluster: Cluster
  accumulator: Accumulator
  settlement: Settlement
  statistics: ProducerStatistics
  /** Null without idempotence. */
  identity: ProducerIdentity | null
  options: ResolvedProducerOptions<never, never>
  /** The own connection to a broker; undefined while metadata does not name it. */
  broker(id: number): Broker | undefined
  /** Hands a partition to whoever can send it now. */
  route(queue: PartitionQueue): void
}

/**
 * Sends the partitions that one broker leads. While a request may go out it takes a batch of each partition that has
 * one; when as many are in flight as may be, open batches fill.
 */
export class Sender {
  readonly #id: number
  readonly #context: SenderContext
  /** Partitions with something to send, longest-waiting first. */
  readonly #listed = new Set<PartitionQueue>()
  #inFlight = 0
  #scheduled = false
  #preparing = false
  #timer: NodeJS.Timeout | null = null
  #timerAt = Infinity
  #closed = false

  constructor(id: number, context: SenderContext) {
    this.#id = id
    this.#context = context
  }

  add(queue: PartitionQueue): void {
    queue.listedAt = this.#id
    this.#listed.add(queue)
    this.schedule()
  }

  /** Looks at the end of this tick what can be sent: what is appended until then goes along. */
  schedule(): void {
    if (this.#scheduled || this.#closed || this.#inFlight >= this.#slots) return
    this.#scheduled = true
    process.nextTick(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  close(): void {
    this.#closed = true
    this.#listed.clear()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  get #slots(): number {
    return this.#context.options.maxInFlightRequestsPerConnection
  }

  #run(): void {
    if (this.#closed || this.#listed.size === 0) return
    const broker = this.#context.broker(this.#id)
    const connection = broker?.current
    if (broker === undefined) this.#handBack([...this.#listed])
    else if (connection) this.#fillSlots(connection)
    else this.#prepare(() => broker.connection())
  }

  #fillSlots(connection: Connection): void {
    const { identity } = this.#context
    while (this.#inFlight < this.#slots) {
      if (identity !== null && identity.current === null) {
        this.#prepare(() => identity.acquire())
        break
      }
      const batches = this.#gather()
      if (batches.length === 0) break
      this.#transmit(connection, batches)
    }
  }

  /** Nothing can be sent before this has been done. */
  #prepare(step: () => Promise<unknown>): void {
    if (this.#preparing) return
    this.#preparing = true
    step().then(
      () => {
        this.#preparing = false
        this.schedule()
      },
      (error: unknown) => {
        this.#preparing = false
        this.#unprepared(error)
      },
    )
  }

  /** There is no connection, or no producer id. */
  #unprepared(error: unknown): void {
    if (this.#closed) return
    const { settlement, cluster } = this.#context
    const cause = error instanceof KafkaError ? error : new KafkaError(String(error), { cause: error })
    for (const queue of this.#listed) {
      queue.lastError = cause
      // What no retry can cure, such as a wrong password, is not retried.
      if (!mayHeal(cause)) for (const batch of [...queue.waiting()]) settlement.refuse(batch, cause)
    }
    cluster.invalidate()
    this.#handBack([...this.#listed])
  }

  /**
   * Metadata has changed: what others lead by now is theirs, however long this broker will keep its slots. While it is
   * being connected to, it may have moved to another address itself.
   */
  reconsider(): void {
    const { cluster } = this.#context
    const moved = ({ topic, partition }: PartitionQueue): boolean => cluster.leader(topic, partition) !== this.#id
    this.#handBack([...this.#listed].filter((queue) => this.#preparing || moved(queue)))
  }

  #handBack(queues: readonly PartitionQueue[]): void {
    for (const queue of queues) this.#remove(queue)
    for (const queue of queues) this.#context.route(queue)
  }

  /** Takes the first batch of each partition that may send one now, up to the size of a request. */
  #gather(): ProducerBatch[] {
    const { accumulator, options, identity } = this.#context
    const now = monotonicNow()
    const lingerMs = accumulator.memory.isShort ? 0 : options.lingerMs
    const batches: ProducerBatch[] = []
    const more: PartitionQueue[] = []
    let bytes = 0
    let wakeAt = Infinity
    for (const queue of this.#listed) {
      const at = queue.sendableAt(now, lingerMs)
      if (at > now && at !== ASLEEP) {
        wakeAt = Math.min(wakeAt, at)
        continue
      }
      if (at !== ASLEEP && queue.head === undefined) accumulator.close(queue)
      const head = queue.head
      if (at === ASLEEP || head === undefined || head.bytes === null) {
        // It comes back when its batches are answered or compressed.
        this.#remove(queue)
        continue
      }
      if (batches.length > 0 && bytes + head.bytes.length > MAX_REQUEST_BYTES) break
      if (identity !== null && !this.#stamp(queue, head, identity)) break
      bytes += head.bytes.length
      batches.push(queue.take(this.#id))
      this.#remove(queue)
      more.push(queue)
    }
    for (const queue of more) this.#context.route(queue)
    this.#wakeAt(wakeAt, now)
    return batches
  }

  #stamp(queue: PartitionQueue, head: ProducerBatch, identity: ProducerIdentity): boolean {
    if (queue.exhaustedProducerId !== null) identity.retire(queue.exhaustedProducerId)
    if (identity.current === null) {
      this.schedule()
      return false
    }
    queue.stamp(head, identity.current)
    return true
  }

  #remove(queue: PartitionQueue): void {
    this.#listed.delete(queue)
    queue.listedAt = null
  }

  /** When to look again: at the earliest time at which a partition can send. */
  #wakeAt(at: number, now: number): void {
    if (at === this.#timerAt) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#timerAt = at
    // No timer is left behind for what has been sent meanwhile: it would keep the process alive.
    if (at === Infinity) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        this.#timerAt = Infinity
        this.schedule()
      },
      Math.min(Math.ceil(at - now), MAX_TIMER_MS),
    )
  }

  #transmit(connection: Connection, batches: ProducerBatch[]): void {
    const { cluster, options, statistics } = this.#context
    const sentAt = monotonicNow()
    let records = 0
    for (const batch of batches) {
      records += batch.count
      if (batch.attempts > 1) continue
      batch.firstSentAt = sentAt
      statistics.recordsSent += batch.count
      statistics.queueTime.add(sentAt - batch.createdAt)
      statistics.batchSize.add(batch.bytes!.length)
      statistics.compressionRate.add(batch.bytes!.length / batch.plainSize)
    }
    statistics.requests++
    statistics.recordsPerRequest.add(records)
    statistics.requestsInFlight++
    this.#inFlight++

    const request = new ProduceRequest(batches, cluster.metadata.topics)
    const body = request.body(options.acks, cluster.options.requestTimeoutMs)
    const { maxVersion } = request
    if (options.acks === 0) {
      Promise.resolve(connection.sendOneWay(produce, body, { maxVersion })).then(
        () => this.#written(request),
        (error) => this.#lost(request, error),
      )
      return
    }
    let written = false
    const onWritten = (): void => {
      written = true
    }
    connection.send(produce, body, { maxVersion, onWritten }).then(
      (response) => {
        statistics.requestLatency.add(monotonicNow() - sentAt)
        this.#answered(request, response, connection.broker, written)
      },
      (error) => this.#lost(request, error),
    )
  }

  #answered(request: ProduceRequest, response: ResponseOf<typeof produce>, broker: string, written: boolean): void {
    const { settlement, statistics } = this.#context
    if (response.throttleTimeMs > 0) statistics.throttleTime.add(response.throttleTimeMs)
    const endpoints = response.nodeEndpoints.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }))
    const context = { broker, endpoints, written }
    for (const topic of response.responses) {
      for (const answer of topic.partitionResponses) {
        const batch = request.claim(topic, answer.index)
        if (batch === undefined) continue
        const rebuilding = settlement.answered(batch, answer, context)
        if (rebuilding === undefined) this.#context.route(batch.queue)
        else rebuilding.then(() => this.#context.route(batch.queue))
      }
    }
    const missing = [...request.unclaimed()]
    if (missing.length > 0) {
      const error = new KafkaError(`Broker ${broker} left a partition out of its answer`, { retriable: true, broker })
      for (const batch of missing) this.#loseBatch(batch, error)
    }
    this.#slotFree()
  }

  #lost(request: ProduceRequest, error: unknown): void {
    const cause = error instanceof KafkaError ? error : new KafkaError(String(error), { cause: error })
    // Perhaps the broker has gone, and others lead its partitions.
    this.#context.cluster.invalidate()
    for (const batch of request.batches) this.#loseBatch(batch, cause)
    this.#slotFree()
  }

  #loseBatch(batch: ProducerBatch, error: KafkaError): void {
    this.#context.settlement.lost(batch, error)
    this.#context.route(batch.queue)
  }

  #written(request: ProduceRequest): void {
    for (const batch of request.batches) {
      this.#context.settlement.written(batch)
      this.#context.route(batch.queue)
    }
    this.#slotFree()
  }

  #slotFree(): void {
    this.#inFlight--
    this.#context.statistics.requestsInFlight--
    if (this.#listed.size > 0) this.schedule()
  }
}
