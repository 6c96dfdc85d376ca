import { type RecordField, recordSize } from '../../protocol/records/index.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import { KafkaError, TimeoutError, UsageError } from '../errors.ts'
import { abortError, monotonicNow } from '../retry.ts'
import type { Accumulator } from './accumulator.ts'
import type { Delivery } from './delivery.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Expiry } from './expiry.ts'
import { checkMessage, normaliseHeaders, type ProducerMessage } from './message.ts'
import type { ProducerStatistics } from './metrics.ts'
import type { ResolvedProducerOptions } from './options.ts'
import { customPartition, partitionForKey } from './partitioner.ts'
import { isPromise, serialize } from './serializers.ts'
import { isKnown, type PendingRecord, ProducerTopic } from './topic.ts'

/** Length, epoch, checksum and so on in front of the records of a batch. */
const BATCH_HEADER_BYTES = 61

export interface IntakeContext {
  cluster: Cluster
  accumulator: Accumulator
  dispatcher: Dispatcher
  expiry: Expiry
  statistics: ProducerStatistics
  options: ResolvedProducerOptions<never, never>
}

/**
 * The way of a message into the accumulator: checked, serialised, given a partition, added. Mostly that happens at once.
 * Where something must be waited for (metadata, memory, a serializer), the messages of a topic stand in line, so that none
 * overtakes another.
 */
export class Intake {
  readonly #context: IntakeContext
  readonly #topics = new Map<string, ProducerTopic>()
  readonly #untrack: () => void
  readonly #closing = new AbortController()
  #closedError: KafkaError | null = null

  constructor(context: IntakeContext) {
    this.#context = context
    this.#untrack = context.cluster.track(() => this.#topics.keys())
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
    signal: AbortSignal | undefined,
  ): void {
    try {
      checkMessage(message)
      const { keySerializer, valueSerializer } = this.#context.options
      const { topic: name } = message
      const headers = normaliseHeaders(name, message.headers)
      const key = serialize('key', name, message.key ?? null, headers, keySerializer)
      const value = serialize('value', name, message.value, headers, valueSerializer)
      const serializing = isPromise(key) || isPromise(value) ? Promise.all([key, value]) : null
      // Looked at only when its turn comes.
      serializing?.catch(() => {})
      const record: PendingRecord = {
        message,
        headers,
        delivery,
        index,
        sentAt,
        timestamp: message.timestamp ?? timestamp,
        signal,
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
        topic.push(record)
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
        return new Promise<void>((resolve) => {
          const before = record.onAdmitted
          record.onAdmitted = () => {
            before?.()
            resolve()
          }
        })
      }),
    )
  }

  /** Fails everybody in line. */
  close(error: KafkaError): void {
    this.#closedError = error
    this.#closing.abort()
    this.#untrack()
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
    if (accumulator.append(queue, record, deadline)) {
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
        // What is true of the topic is true for all in its line: they need not find out one after the other.
        for (const each of isAboutTopic(error) ? topic.clear() : [topic.shift()]) {
          this.#fail(each.delivery, each.index, error)
          each.onAdmitted?.()
        }
      }
    }
    topic.admitting = false
    // A topic that does not exist need not be asked for any more.
    if (topic.queues.length === 0) this.#topics.delete(topic.name)
  }

  async #admit(topic: ProducerTopic, record: PendingRecord): Promise<void> {
    const { cluster, accumulator, dispatcher, options } = this.#context
    const { message, signal } = record
    const { memory } = accumulator
    if (record.serializing !== null) {
      const [key, value] = await record.serializing
      record.key = key
      record.value = value
      this.#measure(record)
    }
    this.#checkAlive(signal)
    const deadline = record.sentAt + options.maxBlockMs
    let metadata = cluster.metadata.topics.get(topic.name)
    if (!isKnown(metadata)) metadata = await this.#metadata(topic.name, deadline)
    if (message.partition !== undefined && message.partition >= metadata.partitions.length) {
      metadata = await this.#withPartition(metadata, message.partition)
    }
    if (!memory.hasRoom) {
      const room = memory.room(topic.name, record.sentAt)
      // What lingers must go now, or nothing would make room.
      dispatcher.hurry()
      await room
      try {
        this.#checkAlive(signal)
        this.#append(topic, metadata, record)
      } finally {
        memory.admitted()
      }
      return
    }
    this.#checkAlive(signal)
    this.#append(topic, metadata, record)
  }

  #checkAlive(signal: AbortSignal | undefined): void {
    if (this.#closedError !== null) throw this.#closedError
    if (signal?.aborted) throw abortError(signal)
  }

  async #metadata(name: string, deadline: number): Promise<TopicMetadata> {
    const timeoutMs = deadline - monotonicNow()
    const { maxBlockMs } = this.#context.options
    if (timeoutMs <= 0) {
      throw new TimeoutError(`No metadata of topic '${name}' within maxBlockMs (${maxBlockMs} ms)`, { topic: name })
    }
    try {
      return await this.#context.cluster.topic(name, {
        timeoutMs,
        signal: this.#closing.signal,
        allowAutoTopicCreation: true,
      })
    } catch (error) {
      throw this.#closedError ?? error
    }
  }

  /** Perhaps the topic has got more partitions. */
  async #withPartition(known: TopicMetadata, partition: number): Promise<TopicMetadata> {
    const { topics } = await this.#context.cluster.refresh()
    const topic = topics.get(known.name)
    if (isKnown(topic) && partition < topic.partitions.length) return topic
    const count = (isKnown(topic) ? topic : known).partitions.length
    throw new UsageError(
      `Topic '${known.name}' has no partition ${partition}: it has ${count}, numbered from 0 to ${count - 1}`,
      { topic: known.name, partition },
    )
  }

  #fail(delivery: Delivery, index: number, error: unknown): void {
    this.#context.statistics.recordErrors++
    const failure = error instanceof KafkaError ? error : new UsageError(String(error), { cause: error })
    // It has never been in a batch.
    if (failure.persisted === undefined) Object.defineProperty(failure, 'persisted', { value: 'no', enumerable: true })
    delivery.failed(index, failure)
  }
}

/** The cluster refuses the topic itself, not one record. */
function isAboutTopic(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false
  const { code } = error
  return (
    code === 'UNKNOWN_TOPIC_OR_PARTITION' || code === 'INVALID_TOPIC_EXCEPTION' || code === 'TOPIC_AUTHORIZATION_FAILED'
  )
}
