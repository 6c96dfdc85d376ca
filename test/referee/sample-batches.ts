import type { CompressionType } from '../../protocol/records/index.ts'

/** A record as the referee takes and gives it: bytes are base64. */
export interface SampleRecord {
  offset: number
  timestamp: number | bigint
  key: string | null
  value: string | null
  headers: [name: string, value: string | null][]
}

/** A batch as the referee takes it. */
export interface SampleBatch {
  magic: number
  compression: CompressionType
  timestampType: 'CreateTime' | 'LogAppendTime'
  baseOffset: number
  logAppendTime: number | bigint
  producerId: number | bigint
  producerEpoch: number
  baseSequence: number
  isTransactional: boolean
  partitionLeaderEpoch: number
  /** −1 for none. */
  deleteHorizonMs: number | bigint
  /** Offsets of the records that compaction leaves; all of them if not given. */
  keep?: number[]
  records: SampleRecord[]
}

export interface SampleMarker {
  controlType: string
  baseOffset: number
  timestamp: number
  partitionLeaderEpoch: number
  producerId: number
  producerEpoch: number
  coordinatorEpoch: number
  keep?: number[]
}

const MAX_INT16 = 0x7fff
const MAX_INT32 = 0x7fff_ffff
const MAX_SAFE = Number.MAX_SAFE_INTEGER
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn
const HEADER_NAMES = ['', 'a', 'trace-id', 'Grüße', '日本', '🚕', 'x'.repeat(300)]
/** Beyond this, batches are compressed off the main thread. */
const LARGE_BYTES = 600_000

/** Batches at random. What is asked for below is what the parties can write: we write for producers, Java for brokers, too. */
export class BatchSampler {
  readonly #random: () => number
  #nextOffset = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** As a producer makes it, with a place in the log. */
  produced(compression: CompressionType, large = false): SampleBatch {
    const count = this.#count(large)
    const baseOffset = this.#place(count)
    const first = this.#timestamp()
    const records = Array.from({ length: count }, (_, i) => {
      return this.#record(baseOffset + i, i === 0 ? first : this.#near(first), large && i === 0)
    })
    const idempotent = this.#chance(0.6)
    return {
      magic: 2,
      compression,
      timestampType: 'CreateTime',
      baseOffset,
      logAppendTime: -1,
      producerId: idempotent ? this.#of(0, 1, MAX_SAFE, this.#below(1e12)) : -1,
      producerEpoch: idempotent ? this.#of(0, 1, MAX_INT16) : -1,
      // The sequence wraps within the batch.
      baseSequence: idempotent ? this.#of(0, MAX_INT32, MAX_INT32 - 1, this.#below(1e6)) : -1,
      isTransactional: idempotent && this.#chance(0.5),
      partitionLeaderEpoch: this.#of(-1, 0, MAX_INT32, this.#below(1000)),
      deleteHorizonMs: -1,
      records,
    }
  }

  /** As a broker keeps it: after compaction, with its own time, with a horizon for tombstones. */
  kept(compression: CompressionType, magic = 2, large = false): SampleBatch {
    const batch = this.produced(compression, large)
    if (this.#chance(0.4)) batch.keep = offsetsOf(batch).filter(() => this.#chance(0.5))
    if (magic > 0 && this.#chance(0.3)) {
      batch.timestampType = 'LogAppendTime'
      batch.logAppendTime = this.#of<number | bigint>(0, MAX_SAFE, MAX_INT64, 1_700_000_000_123)
    }
    if (magic < 2) return this.#asOld(batch, magic)
    if (this.#chance(0.3)) batch.deleteHorizonMs = this.#of<number | bigint>(0, 1_700_000_000_000, this.#below(2 ** 41))
    if (batch.producerId !== -1 && this.#chance(0.1)) batch.producerId = MAX_INT64
    // One such time, first or later, makes distances that are no numbers.
    if (batch.deleteHorizonMs === -1 && this.#chance(0.2)) {
      batch.records[this.#below(batch.records.length)].timestamp = this.#of(MAX_INT64, MAX_INT64 - 1025n)
    }
    return batch
  }

  /** What compaction leaves when the first record goes, and when all go. */
  compacted(compression: CompressionType): SampleBatch[] {
    const [beheaded, emptied] = [this.kept(compression), this.kept(compression)]
    while (beheaded.records.length < 2) Object.assign(beheaded, this.kept(compression))
    return [
      { ...beheaded, keep: offsetsOf(beheaded).slice(1 + this.#below(beheaded.records.length - 1)) },
      { ...emptied, keep: [] },
    ]
  }

  marker(controlType: string): SampleMarker {
    return {
      controlType,
      baseOffset: this.#place(1),
      timestamp: this.#of(0, MAX_SAFE, 1_700_000_000_000),
      partitionLeaderEpoch: this.#of(0, MAX_INT32, this.#below(1000)),
      producerId: this.#of(0, MAX_SAFE, this.#below(1e9)),
      producerEpoch: this.#of(0, MAX_INT16),
      coordinatorEpoch: this.#of(0, -1, MAX_INT32, this.#below(100)),
    }
  }

  #asOld(batch: SampleBatch, magic: number): SampleBatch {
    const { keep = offsetsOf(batch), ...rest } = batch
    const left = batch.records.filter(({ offset }, i) => i === 0 || keep.includes(offset))
    const records = left.map((record) => ({
      ...record,
      timestamp: magic === 0 ? -1 : record.timestamp,
      headers: [],
    }))
    const plain = { producerId: -1, producerEpoch: -1, baseSequence: -1, isTransactional: false, deleteHorizonMs: -1 }
    return { ...rest, ...plain, magic, partitionLeaderEpoch: -1, records }
  }

  #record(offset: number, timestamp: number, large: boolean): SampleRecord {
    return {
      offset,
      timestamp,
      key: this.#field(false),
      value: this.#field(large),
      headers: Array.from({ length: this.#chance(0.6) ? 0 : this.#below(5) }, () => [
        HEADER_NAMES[this.#below(HEADER_NAMES.length)],
        this.#field(false),
      ]),
    }
  }

  /** Null, empty, random, or text that compresses; in base64. */
  #field(large: boolean): string | null {
    if (large) return this.#words(LARGE_BYTES)
    const kind = this.#below(6)
    if (kind === 0) return null
    if (kind === 1) return ''
    if (kind === 2)
      return Buffer.from(Array.from({ length: this.#below(100) }, () => this.#below(256))).toString('base64')
    return this.#words(this.#below(this.#chance(0.05) ? 5000 : 200))
  }

  #words(length: number): string {
    const words = Array.from({ length: 16 }, () => this.#below(1e9).toString(36))
    let text = ''
    while (text.length < length) text += ` ${words[this.#below(16)]}`
    return Buffer.from(text.slice(0, length)).toString('base64')
  }

  #count(large: boolean): number {
    if (large) return 1 + this.#below(3)
    return this.#chance(0.3) ? 1 : 1 + this.#below(this.#chance(0.1) ? 300 : 30)
  }

  /** Behind the last one, sometimes far behind. */
  #place(count: number): number {
    const offset = this.#nextOffset + (this.#chance(0.3) ? this.#below(1e10) : 0)
    this.#nextOffset = offset + count
    return offset
  }

  #timestamp(): number {
    return this.#of(0, MAX_SAFE, 1_700_000_000_000 + this.#below(1e9), 1_700_000_000_000, -1)
  }

  #near(first: number): number {
    if (this.#chance(0.05)) return this.#of(0, MAX_SAFE, -1)
    return Math.min(MAX_SAFE, Math.max(0, first + (this.#chance(0.5) ? 0 : this.#below(2e6) - 1e6)))
  }

  #of<T>(...choices: T[]): T {
    return choices[this.#below(choices.length)]
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

function offsetsOf({ records }: SampleBatch): number[] {
  return records.map(({ offset }) => offset)
}
