import { noCounts } from '../../../src/consumer/consumer-metrics.ts'
import { Delivery, type DeliveryOptions } from '../../../src/consumer/delivery.ts'
import { Deserialization } from '../../../src/consumer/deserialization.ts'
import type { FetchedBatch } from '../../../src/consumer/fetched-batch.ts'
import type { MessageBlock, Message as WireMessage } from '../../../src/consumer/message.ts'
import { Message } from '../../../src/consumer/message.ts'
import type { Deserializer } from '../../../src/consumer/options.ts'
import { type AssignedPartition, Partitions } from '../../../src/consumer/partitions.ts'

/** A delivery whose partitions are filled by the test, in place of a fetcher. */
export class ScriptedDelivery<V = Buffer> {
  readonly partitions = new Partitions()
  readonly delivery: Delivery<Buffer, V>
  readonly warnings: string[] = []
  /** Partitions that were said to have room, in order. */
  readonly roomFor: string[] = []

  constructor(options: Partial<DeliveryOptions<Buffer, V>> & { valueDeserializer?: Deserializer<V> } = {}) {
    const { valueDeserializer, ...rest } = options
    this.delivery = new Delivery<Buffer, V>(this.partitions, {
      deserialization: new Deserialization<Buffer, V>(undefined, valueDeserializer),
      onDeserializationError: 'fail',
      retryBackoffMs: 1,
      logger: { debug() {}, info() {}, warn: (message) => this.warnings.push(message), error() {} },
      counters: noCounts(),
      roomFor: (partition) => this.roomFor.push(partition.key),
      positionWanted: () => {},
      asked: () => {},
      ...rest,
    })
  }

  /** A partition that is read from offset 0. */
  assign(topic: string, partition: number): AssignedPartition {
    const assigned = this.partitions.add(topic, partition)
    assigned.seek(0)
    return assigned
  }

  /** What a fetch brings: a batch of values from `offset` on. */
  feed(
    partition: AssignedPartition,
    offset: number,
    values: readonly string[],
    nextOffset = offset + values.length,
  ): void {
    this.feedBatch(partition, {
      byteLength: values.join('').length,
      baseOffset: offset,
      nextOffset,
      decode: (position) => messages(partition, offset, values).filter((message) => message.offset >= position),
    })
  }

  feedBatch(partition: AssignedPartition, batch: FetchedBatch): void {
    partition.enqueue([batch], batch.nextOffset)
    this.delivery.news.raise()
  }
}

function messages({ topic, partition }: AssignedPartition, offset: number, values: readonly string[]): WireMessage[] {
  const data = Buffer.from(values.join(''))
  const block: MessageBlock = { topic, partition, leaderEpoch: 4, timestampType: 'CreateTime', baseTimestamp: 0, data }
  let start = 0
  return values.map((value, i) => {
    const message = new Message(block, offset + i, 0, 0, -1, start, value.length, 0, 0)
    start += value.length
    return message
  })
}

/** Deserializes each value when the test says so. */
export class HeldDeserializer {
  readonly #values = new Map<string, { started: PromiseWithResolvers<void>; finished: PromiseWithResolvers<void> }>()

  readonly deserialize = async (_topic: string, data: Buffer): Promise<string> => {
    const value = String(data)
    const { started, finished } = this.#of(value)
    started.resolve()
    await finished.promise
    return value
  }

  /** Resolves once the value is being deserialized. */
  started(value: string): Promise<void> {
    return this.#of(value).started.promise
  }

  /** Lets the value through, now and later, as soon as it is being deserialized. */
  async finish(value: string): Promise<void> {
    const { started, finished } = this.#of(value)
    await started.promise
    finished.resolve()
  }

  #of(value: string): { started: PromiseWithResolvers<void>; finished: PromiseWithResolvers<void> } {
    const known = this.#values.get(value) ?? { started: Promise.withResolvers(), finished: Promise.withResolvers() }
    this.#values.set(value, known)
    return known
  }
}
