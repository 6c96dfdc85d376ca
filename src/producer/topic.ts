import type { RecordField } from '../../protocol/records/index.ts'
import type { TopicMetadata } from '../cluster/metadata.ts'
import type { AbortableCall } from './abortable-call.ts'
import type { AppendableRecord } from './accumulator.ts'
import type { ProducerMessage } from './message.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { StickyPartitioner } from './partitioner.ts'

/** A message on its way into the accumulator. */
export interface PendingRecord extends AppendableRecord {
  readonly message: ProducerMessage
  /** When it was given to `send`, on the monotonic clock. */
  readonly sentAt: number
  /** The call that it came with, if that has a `signal`. */
  readonly call: AbortableCall | undefined
  key: RecordField
  value: RecordField
  size: number
  /** Key and value, while a serializer is at work. */
  serializing: Promise<[RecordField, RecordField]> | null
  /** Called when it has been added, or has failed. */
  onAdmitted?: (() => void) | undefined
}

/** One topic of a producer: its partitions' queues, and the line of those who cannot be added to one at once. */
export class ProducerTopic {
  readonly name: string
  readonly sticky: StickyPartitioner
  readonly queues: PartitionQueue[] = []
  /** Somebody lets those in line in, one after the other. */
  admitting = false
  /** Those before `#next` have left, and are null. */
  #line: Array<PendingRecord | null> = []
  #next = 0

  constructor(name: string, stickyBytes: number) {
    this.name = name
    this.sticky = new StickyPartitioner(stickyBytes)
  }

  get hasLine(): boolean {
    return this.#next < this.#line.length
  }

  get first(): PendingRecord | undefined {
    return this.#line[this.#next] ?? undefined
  }

  get last(): PendingRecord | undefined {
    return this.#line.at(-1) ?? undefined
  }

  push(record: PendingRecord): void {
    this.#line.push(record)
  }

  shift(): PendingRecord {
    const record = this.#line[this.#next]!
    this.#line[this.#next++] = null
    // A line of a million must not be moved up a million times.
    if (this.#next === this.#line.length || (this.#next >= 1024 && this.#next * 2 >= this.#line.length)) {
      this.#line = this.#line.slice(this.#next)
      this.#next = 0
    }
    return record
  }

  /** Takes out of the line, wherever they stand, those whom `leaves` names. */
  takeOut(leaves: (record: PendingRecord) => boolean): PendingRecord[] {
    const taken: PendingRecord[] = []
    const kept: PendingRecord[] = []
    for (const record of this.#line.slice(this.#next) as PendingRecord[]) {
      if (!leaves(record)) kept.push(record)
      else {
        taken.push(record)
        // Who waits for it waits for all before it, too.
        const before = kept.at(-1)
        if (before !== undefined && record.onAdmitted !== undefined) {
          onceAdmitted(before, record.onAdmitted)
          record.onAdmitted = undefined
        }
      }
    }
    this.#line = kept
    this.#next = 0
    return taken
  }
}

/** Calls `then` when the record has been added, or has failed. */
export function onceAdmitted(record: PendingRecord, then: () => void): void {
  const others = record.onAdmitted
  record.onAdmitted = () => {
    others?.()
    then()
  }
}

/** True if the topic can be written to as far as is known. */
export function isKnown(topic: TopicMetadata | undefined): topic is TopicMetadata {
  return topic !== undefined && topic.partitions.length > 0
}
