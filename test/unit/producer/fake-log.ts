import { checkCrc, readBatches, readHeaders, recordData, visitRecords } from '../../../protocol/records/index.ts'

export interface LoggedRecord {
  offset: number
  key: string | null
  value: string | null
  headers: Array<[string, string | null]>
  producerId: number
  epoch: number
}

const OUT_OF_ORDER_SEQUENCE_NUMBER = 45
const INVALID_PRODUCER_EPOCH = 47
/** A broker remembers this many batches of each producer. */
const REMEMBERED_BATCHES = 5

interface ProducerState {
  epoch: number
  nextSequence: number
  recent: Array<{ sequence: number; count: number; baseOffset: number }>
}

/** One partition's log, with a broker's rules for sequences (KIP-98). */
export class FakeLog {
  readonly records: LoggedRecord[] = []
  readonly #producers = new Map<number, ProducerState>()
  /** Batches as they were appended: for tests of what travels together. */
  readonly batches: Array<{ count: number; sequence: number; epoch: number; producerId: number }> = []

  append(bytes: Buffer): { errorCode: number; baseOffset: number } {
    const [batch] = readBatches(bytes)
    checkCrc(batch)
    const { producerId, producerEpoch: epoch, baseSequence: sequence, recordCount: count } = batch
    const baseOffset = this.records.length
    if (producerId !== -1) {
      const verdict = this.#check(producerId, epoch, sequence, count)
      if (verdict !== null) return verdict
      const state = this.#producers.get(producerId)
      const recent = state !== undefined && state.epoch === epoch ? state.recent : []
      recent.push({ sequence, count, baseOffset })
      if (recent.length > REMEMBERED_BATCHES) recent.shift()
      this.#producers.set(producerId, { epoch, nextSequence: (sequence + count) % 2 ** 31, recent })
    }
    this.batches.push({ count, sequence, epoch, producerId })
    const data = recordData(batch, 2 ** 30)
    if (data instanceof Promise) throw new Error('the fake log reads small batches only')
    const text = (start: number, length: number): string | null => {
      return length < 0 ? null : data.subarray(start, start + length).toString()
    }
    visitRecords(batch, data, (_offset, _time, keyStart, keyLength, valueStart, valueLength, headersStart, headers) => {
      this.records.push({
        offset: this.records.length,
        key: text(keyStart, keyLength),
        value: text(valueStart, valueLength),
        headers: readHeaders(data, headersStart, headers).map(([name, value]) => [name, value?.toString() ?? null]),
        producerId,
        epoch,
      })
    })
    return { errorCode: 0, baseOffset }
  }

  /** As after retention has removed all that a producer wrote. */
  forgetProducers(): void {
    this.#producers.clear()
  }

  get values(): Array<string | null> {
    return this.records.map((record) => record.value)
  }

  #check(producerId: number, epoch: number, sequence: number, count: number): ReturnType<FakeLog['append']> | null {
    const state = this.#producers.get(producerId)
    if (state === undefined) return null
    if (epoch < state.epoch) return { errorCode: INVALID_PRODUCER_EPOCH, baseOffset: -1 }
    if (epoch > state.epoch) {
      return sequence === 0 ? null : { errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
    }
    const known = state.recent.find((each) => each.sequence === sequence && each.count === count)
    if (known !== undefined) return { errorCode: 0, baseOffset: known.baseOffset }
    if (sequence === state.nextSequence) return null
    return { errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 }
  }
}
