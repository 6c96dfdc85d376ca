// A second reader of records, slow and strict, that shares nothing with the first: what it refuses must be refused, and
// what it reads must be read the same.

/** Beyond, not every offset of a batch is an exact number. */
const MAX_OFFSET = 2n ** 53n - 1n - 2n ** 31n

export interface ReferenceRecord {
  offset: bigint
  timestamp: bigint
  key: Buffer | null
  value: Buffer | null
  headers: Array<[string, Buffer | null]>
}

/** Null stands for what must be refused. */
type Read<T> = T | null

class Cursor {
  at = 0
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw new RangeError('end')
    return this.bytes[this.at++]
  }

  /** Zigzag varint; refused if it has more than `bits`. */
  varint(bits: 32 | 64): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (value >= 1n << BigInt(bits)) throw new RangeError('bits')
      if (byte < 0x80) break
      if (shift + 7n >= BigInt(bits)) throw new RangeError('length')
    }
    return value & 1n ? -(value >> 1n) - 1n : value >> 1n
  }

  take(length: number): Buffer {
    if (length < 0 || this.at + length > this.bytes.length) throw new RangeError('length')
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  field(): Buffer | null {
    const length = Number(this.varint(32))
    return length === -1 ? null : this.take(length)
  }
}

function orNull<T>(read: () => T): Read<T> {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The records of an uncompressed batch of magic 2 that is whole and alone in `batch`. */
export function referenceRecords(batch: Buffer): Read<ReferenceRecord[]> {
  return orNull(() => {
    const attributes = batch.readInt16BE(21)
    const baseOffset = batch.readBigInt64BE(0)
    const lastDelta = batch.readInt32BE(23)
    const count = batch.readInt32BE(57)
    if (baseOffset < 0n || baseOffset > MAX_OFFSET || lastDelta < 0 || count < 0 || count > lastDelta + 1)
      throw new RangeError('header')
    const cursor = new Cursor(batch.subarray(61))
    const records: ReferenceRecord[] = []
    if (count === 0) return records
    for (let i = 0; i < count; i++) {
      const record = new Cursor(cursor.take(Number(cursor.varint(32))))
      record.byte()
      const timestampDelta = record.varint(64)
      const offsetDelta = record.varint(32)
      if (offsetDelta < 0n || offsetDelta > BigInt(lastDelta)) throw new RangeError('offset')
      const key = record.field()
      const value = record.field()
      const headers: ReferenceRecord['headers'] = []
      const headerCount = record.varint(32)
      if (headerCount < 0n) throw new RangeError('headers')
      for (let h = 0n; h < headerCount; h++) {
        const name = record.field()
        if (name === null) throw new RangeError('name')
        headers.push([name.toString(), record.field()])
      }
      if (record.at !== record.bytes.length) throw new RangeError('rest')
      const own = BigInt.asIntN(64, batch.readBigInt64BE(27) + timestampDelta)
      const timestamp = attributes & 8 ? batch.readBigInt64BE(35) : own
      records.push({ offset: baseOffset + offsetDelta, timestamp, key, value, headers })
    }
    if (cursor.at !== cursor.bytes.length) throw new RangeError('rest')
    return records
  })
}

/** The messages of formats 0 and 1 in `set`: alone, or in a wrapper at `wrapper.offset` of `wrapper.magic`. */
export function referenceMessages(
  set: Buffer,
  wrapper: { magic: number; offset: bigint; appendTime: bigint | null } | null,
): Read<ReferenceRecord[]> {
  return orNull(() => {
    const cursor = new Cursor(set)
    const records: ReferenceRecord[] = []
    while (cursor.at < set.length) {
      const offset = cursor.take(8).readBigInt64BE()
      const message = new Cursor(cursor.take(cursor.take(4).readInt32BE()))
      message.take(4)
      const magic = message.byte()
      const attributes = message.byte()
      if (magic > 1 || (wrapper !== null && (attributes & 7) !== 0)) throw new RangeError('format')
      const own = magic === 0 ? -1n : message.take(8).readBigInt64BE()
      const field = (): Buffer | null => {
        const length = message.take(4).readInt32BE()
        return length === -1 ? null : message.take(length)
      }
      const [key, value] = [field(), field()]
      if (message.at !== message.bytes.length) throw new RangeError('rest')
      if (offset < 0n || offset > MAX_OFFSET) throw new RangeError('offset')
      records.push({ offset, timestamp: wrapper?.appendTime ?? own, key, value, headers: [] })
    }
    if (wrapper === null) return records
    const last = records.at(-1)?.offset
    if (last === undefined) throw new RangeError('empty')
    if (wrapper.offset === 0n) return records
    if (last > wrapper.offset) throw new RangeError('last')
    const shift = wrapper.magic === 0 ? 0n : wrapper.offset - last
    if (records.some(({ offset }) => offset + shift > wrapper.offset)) throw new RangeError('offset')
    return records.map((record) => ({ ...record, offset: record.offset + shift }))
  })
}
