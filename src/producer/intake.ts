import { type RecordField, recordSize } from '../../protocol/records/index.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import { KafkaError, TimeoutError, UsageError } from '../errors.ts'
import { abortable, Deadline, monotonicNow, withinDeadline } from '../retry.ts'
import type { AbortableCall } from './abortable-call.ts'
import type { Accumulator } from './accumulator.ts'
import type { Delivery } from './delivery.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Expiry } from './expiry.ts'
import { checkMessage, normaliseHeaders, type ProducerMessage } from './message.ts'
import type { ProducerStatistics } from './metrics.ts'
import type { ResolvedProducerOptions } from './options.ts'
import { customPartition, partitionForKey } from './partitioner.ts'
import { isPromise, serialize } from './serializers.ts'
import { isKnown, onceAdmitted, type PendingRecord, ProducerTopic } from './topic.ts'
import { Refusal, TopicLookup } from './topic-lookup.ts'

/** Length, epoch, checksum and so on in front of the records of a batch. */
const BATCH_HEADER_BYTES = 61

export interface IntakeContext {
  cluster: Cluster
  accumulator: Accumulator
  dispatcher: Dispatcher
  expiry: Expiry
  statistics: ProducerStatistics
  options: ResolvedProducerOptions<never, never>
  /** Aborted when the producer has ended; the reason is the error for whoever is still in line. */
  closing: AbortSignal
}

/**
 * The way of a message into the accumulator: checked, serialised, given a partition, added. Mostly that happens at once.
 * Where something must be waited for (metadata, memory, a serializer), the messages of a topic stand in line, so that none
 * overtakes another.
 */
export class Intake {
  readonly #context: IntakeContext
  readonly #lookup: TopicLookup
  readonly #topics = new Map<string, ProducerTopic>()

  constructor(context: IntakeContext) {
    const { cluster, closing, options } = context
    this.#context = context
    this.#lookup = new TopicLookup(cluster, options.maxBlockMs, closing)
    const untrack = cluster.track(() => this.#topics.keys())
    closing.addEventListener('abort', untrack, { once: true })
  }

  /**
   * Takes a message; every failure goes to `delivery`.
   * @param sentAt now, on the monotonic clock
   * @param timestamp now, in ms since the epoch
   */
  take(
    message: ProducerMessage,
    delivery: Delivery,
    index: number,
    sentAt: number,
    timestamp: number,
    call: AbortableCall | undefined,
  ): void {
    try {
      checkMessage(message)
      const { keySerializer, valueSerializer } = this.#context.options
      const { topic: name } = message
      const headers = normaliseHeaders(name, message.headers)
      const key = serialize('key', name, message.key ?? null, headers, keySerializer)
      // The value's serializer may throw before anybody looks at the key's promise.
      if (isPromise(key)) key.catch(() => {})
      const value = serialize('value', name, message.value, headers, valueSerializer)
      const serializing = isPromise(key) || isPromise(value) ? Promise.all([whenThere(key), whenThere(value)]) : null
      // Looked at only when its turn comes.
      serializing?.catch(() => {})
      const record: PendingRecord = {
        message,
        headers,
        delivery,
        index,
        sentAt,
        timestamp: message.timestamp ?? timestamp,
        call,
        key: serializing === null ? (key as RecordField) : null,
        value: serializing === null ? (value as RecordField) : null,
        serializing,
        size: 0,
      }
      if (serializing === null) this.#measure(record)
      const topic = this.#topic(name)
      const metadata = this.#context.cluster.metadata.topics.get(name)
      if (
        serializing === null &&
        !topic.hasLine &&
        isKnown(metadata) &&
        (message.partition ?? 0) < metadata.partitions.length &&
        this.#context.accumulator.memory.hasRoom
      ) {
        this.#append(topic, metadata, record)
      } else {
        topic.push(detached(record))
        if (!topic.admitting) this.#admitLine(topic)
      }
    } catch (error) {
      this.#fail(delivery, index, error)
    }
  }

  /** Resolves when every message taken before has been added or has failed. */
  async emptied(): Promise<void> {
    const lasts = [...this.#topics.values()].flatMap((topic) => topic.last ?? [])
    await Promise.all(
      lasts.map((record) => {
        return new Promise<void>((resolve) => onceAdmitted(record, resolve))
      }),
    )
  }

  #topic(name: string): ProducerTopic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = new ProducerTopic(name, this.#context.options.batchSize)
      this.#topics.set(name, topic)
    }
    return topic
  }

  /** @throws KafkaError `MESSAGE_TOO_LARGE` */
  #measure(record: PendingRecord): void {
    const { maxRequestSize } = this.#context.options
    record.size = recordSize(record.key, record.value, record.headers)
    if (record.size + BATCH_HEADER_BYTES <= maxRequestSize) return
    const { topic } = record.message
    throw new KafkaError(
      `A record of ${record.size + BATCH_HEADER_BYTES} bytes for topic '${topic}' is larger than maxRequestSize ` +
        `(${maxRequestSize} bytes)`,
      { code: 'MESSAGE_TOO_LARGE', topic, persisted: 'no' },
    )
  }

  #append(topic: ProducerTopic, metadata: TopicMetadata, record: PendingRecord): void {
    const { accumulator, dispatcher, expiry, options } = this.#context
    const partition = this.#partition(topic, metadata, record)
    let queue = topic.queues[partition]
    if (queue === undefined) {
      queue = accumulator.queue(topic.name, partition)
      topic.queues[partition] = queue
    }
    const deadline = record.sentAt + options.deliveryTimeoutMs
    const ready = accumulator.append(queue, record, deadline)
    if (record.call !== undefined) record.call.appended = true
    if (ready) {
      dispatcher.route(queue)
      expiry.watch(deadline)
    }
  }

  #partition(topic: ProducerTopic, metadata: TopicMetadata, { message, key, size }: PendingRecord): number {
    const { partitioner } = this.#context.options
    if (message.partition !== undefined) return message.partition
    if (partitioner !== undefined) return customPartition(partitioner, message, metadata.partitions.length)
    if (key !== null) return partitionForKey(key, metadata.partitions.length)
    const partition = topic.sticky.pick(metadata)
    topic.sticky.produced(size)
    return partition
  }

  async #admitLine(topic: ProducerTopic): Promise<void> {
    topic.admitting = true
    for (let record = topic.first; record !== undefined; record = topic.first) {
      try {
        await this.#admit(topic, record)
        topic.shift()
        record.onAdmitted?.()
      } catch (error) {
        for (const [each, failure] of this.#failures(topic, error)) {
          this.#fail(each.delivery, each.index, failure)
          each.onAdmitted?.()
        }
      }
    }
    topic.admitting = false
    // A topic that does not exist need not be asked for any more.
    if (topic.queues.length === 0) this.#topics.delete(topic.name)
  }

  /** Takes the first out of the line, and whom else the error concerns. */
  #failures(topic: ProducerTopic, error: unknown): Array<[record: PendingRecord, failure: unknown]> {
    const { closing } = this.#context
    if (closing.aborted) return [[topic.shift(), closing.reason]]
    if (!(error instanceof Refusal)) return [[topic.shift(), error]]
    return topic.takeOut(error.concerns).map((record) => [record, error.errorFor(record)])
  }

  async #admit(topic: ProducerTopic, record: PendingRecord): Promise<void> {
    const { cluster, accumulator, dispatcher } = this.#context
    const { message, call, sentAt } = record
    const { memory } = accumulator
    if (record.serializing !== null) await this.#serialized(record, record.serializing)
    this.#checkAlive(call)
    let metadata = cluster.metadata.topics.get(topic.name)
    if (!isKnown(metadata)) metadata = await this.#lookup.topic(topic.name, sentAt)
    if (message.partition !== undefined && message.partition >= metadata.partitions.length) {
      metadata = await this.#lookup.partition(metadata, message.partition, sentAt)
    }
    if (!memory.hasRoom) {
      const room = memory.room(topic.name, sentAt)
      // What lingers must go now, or nothing would make room.
      dispatcher.hurry()
      await room
      try {
        this.#checkAlive(call)
        this.#append(topic, metadata, record)
      } finally {
        memory.admitted()
      }
      return
    }
    this.#checkAlive(call)
    this.#append(topic, metadata, record)
  }

  /** A serializer that never ends must not hold up the line for ever. */
  async #serialized(record: PendingRecord, serializing: NonNullable<PendingRecord['serializing']>): Promise<void> {
    const { closing, options } = this.#context
    const { deliveryTimeoutMs } = options
    const { topic } = record.message
    const deadline = new Deadline(record.sentAt + deliveryTimeoutMs - monotonicNow())
    const [key, value] = await withinDeadline(abortable(serializing, closing), deadline, () => {
      const message = `The serializers for topic '${topic}' did not end within deliveryTimeoutMs (${deliveryTimeoutMs} ms)`
      return new TimeoutError(message, { topic })
    })
    record.key = key
    record.value = value
    this.#measure(record)
  }

  #checkAlive(call: AbortableCall | undefined): void {
    const { closing } = this.#context
    if (closing.aborted) throw closing.reason
    if (call?.signal.aborted) throw call.error
  }

  #fail(delivery: Delivery, index: number, error: unknown): void {
    this.#context.statistics.recordErrors++
    const failure = error instanceof KafkaError ? error : new UsageError(String(error), { cause: error })
    // It has never been in a batch.
    if (failure.persisted === undefined) Object.defineProperty(failure, 'persisted', { value: 'no', enumerable: true })
    delivery.failed(index, failure)
  }
}

/** What waits must not change with the object and the buffers that the caller uses again. */
function detached(record: PendingRecord): PendingRecord {
  const { topic, partition, timestamp, headers, key = null, value } = record.message
  const keyCopy = copy(key)
  const valueCopy = copy(value)
  return {
    ...record,
    message: { topic, partition, timestamp, headers, key: keyCopy, value: valueCopy },
    headers: record.headers.map(([name, header]) => [name, copy(header)]),
    key: record.key === key ? keyCopy : copy(record.key),
    value: record.value === value ? valueCopy : copy(record.value),
  }
}

function whenThere(field: RecordField | Promise<RecordField>): RecordField | Promise<RecordField> {
  return isPromise(field) ? field.then(copy) : copy(field)
}

function copy(field: RecordField): RecordField {
  return field instanceof Uint8Array ? Buffer.from(field) : field
}
