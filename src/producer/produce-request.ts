import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import type { produce } from '../../protocol/messages/produce.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import type { ProducerBatch } from './batch.ts'

type Body = RequestInput<typeof produce>
type Response = ResponseOf<typeof produce>
export type PartitionAnswer = Response['responses'][number]['partitionResponses'][number]

/** From the next version on, topics are named by their id only. */
const LAST_VERSION_BY_NAME = 12

interface TopicBatches {
  name: string
  topicId: string
  batches: Map<number, ProducerBatch>
}

/** One Produce request: at most one batch for each partition, and which answer belongs to which. */
export class ProduceRequest {
  readonly batches: readonly ProducerBatch[]
  readonly #topics = new Map<string, TopicBatches>()
  readonly #byId = new Map<string, TopicBatches>()
  #allHaveIds = true

  constructor(batches: readonly ProducerBatch[], topics: ReadonlyMap<string, TopicMetadata>) {
    this.batches = batches
    for (const batch of batches) {
      let topic = this.#topics.get(batch.topic)
      if (topic === undefined) {
        topic = { name: batch.topic, topicId: topics.get(batch.topic)?.topicId ?? ZERO_UUID, batches: new Map() }
        this.#topics.set(batch.topic, topic)
        this.#byId.set(topic.topicId, topic)
        if (topic.topicId === ZERO_UUID) this.#allHaveIds = false
      }
      topic.batches.set(batch.partition, batch)
    }
  }

  /** The newest version in which this request can be expressed; undefined if any. */
  get maxVersion(): number | undefined {
    return this.#allHaveIds ? undefined : LAST_VERSION_BY_NAME
  }

  body(acks: number, timeoutMs: number): Body {
    return {
      transactionalId: null,
      acks,
      timeoutMs,
      topicData: [...this.#topics.values()].map(({ name, topicId, batches }) => ({
        name,
        topicId,
        partitionData: Array.from(batches.values(), (batch) => ({ index: batch.partition, records: batch.bytes! })),
      })),
    }
  }

  /** The batch that an answer is about; undefined for an answer to what was not asked, or was answered already. */
  claim(topic: { name: string; topicId: string }, partition: number): ProducerBatch | undefined {
    const batches = (this.#topics.get(topic.name) ?? this.#byId.get(topic.topicId))?.batches
    const batch = batches?.get(partition)
    batches?.delete(partition)
    return batch
  }

  /** Batches that no answer has claimed. */
  *unclaimed(): Generator<ProducerBatch> {
    for (const { batches } of this.#topics.values()) yield* batches.values()
  }
}
