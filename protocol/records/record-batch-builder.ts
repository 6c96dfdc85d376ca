import { types } from 'node:util'
import { EncodeError } from '../errors.ts'
import { shown } from '../shown.ts'
import { type CompressionType, codecs, compressionId, compressionTypes } from './compression/index.ts'
import { crc32c } from './crc32c.ts'
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_SEQUENCE,
  BASE_TIMESTAMP,
  BATCH_LENGTH,
  CONTROL,
  CRC,
  LAST_OFFSET_DELTA,
  LENGTH_OVERHEAD,
  MAGIC,
  MAX_TIMESTAMP,
  PARTITION_LEADER_EPOCH,
  PRODUCER_EPOCH,
  PRODUCER_ID,
  RECORD_COUNT,
  RECORDS,
  TRANSACTIONAL,
  writeInt64,
} from './record-batch-layout.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/** Bytes, text that is written as UTF-8, or null. */
export type RecordField = Uint8Array | string | null

/** Headers of a record in order; names may repeat, values may be null. */
export type HeaderList = ReadonlyArray<readonly [name: string, value: RecordField]>

/** How a batch is completed. */
export interface SealOptions {
  compression: CompressionType
  /** In the codec's own scale. */
  level?: number
  stampedLater?: boolean
  control?: boolean
}

const INITIAL_BYTES = 1024
/** Length, attributes, timestamp and offset deltas, key and value lengths, header count: each at its longest. */
const MAX_RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5 + 5 + 5
const MIN_INT32 = -0x8000_0000
const MAX_INT32 = 0x7fff_ffff
const NO_HEADERS: HeaderList = []

/**
 * The record batch that records are being added to. Each record is encoded once, straight into the batch's bytes; the
 * header in front of them is filled in at the end.
 */
export class RecordBatchBuilder {
  #buffer: Buffer
  #size = RECORDS
  #count = 0
  #baseTimestamp = 0
  #maxTimestamp = 0
  #sealed = false

  /** @param storage memory to begin with, such as a pooled buffer; it is replaced when it becomes too small */
  constructor(storage: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)) {
    this.#buffer = storage.length >= RECORDS ? storage : Buffer.allocUnsafeSlow(INITIAL_BYTES)
  }

  /** Records so far. */
  get count(): number {
    return this.#count
  }

  /** Bytes so far, with the header and not yet compressed. */
  get size(): number {
    return this.#size
  }

  /** The memory that it writes to. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /**
   * Adds a record.
   * @param timestamp ms since the epoch
   * @param headers null, or left out, for none
   * @returns its place in the batch, from 0 on
   * @throws EncodeError naming the argument that is not what it must be, or if the batch is sealed; the batch is as before
   */
  append(timestamp: number, key: RecordField, value: RecordField, headers?: HeaderList | null): number {
    if (this.#sealed) throw new EncodeError('A sealed record batch takes no more records')
    if (!Number.isSafeInteger(timestamp)) throw notA('timestamp', 'an integer of milliseconds', timestamp)
    const offsetDelta = this.#count
    const timestampDelta = offsetDelta === 0 ? 0 : timestamp - this.#baseTimestamp
    const list = headers ?? NO_HEADERS
    const keyLength = lengthOf(key, 'key')
    const valueLength = lengthOf(value, 'value')
    let length =
      1 +
      (timestampDelta === 0 ? 1 : sizeOfVarlong(timestampDelta)) +
      sizeOfVarint(offsetDelta) +
      sizeOfVarint(keyLength) +
      (keyLength > 0 ? keyLength : 0) +
      sizeOfVarint(valueLength) +
      (valueLength > 0 ? valueLength : 0) +
      sizeOfVarint(list.length)
    if (list !== NO_HEADERS) length += sizeOfHeaders(list)

    const end = this.#size + sizeOfVarint(length) + length
    if (end > this.#buffer.length) this.#grow(end)
    const buffer = this.#buffer
    let at = writeVarint(buffer, this.#size, length)
    buffer[at++] = 0
    at = writeVarlong(buffer, at, timestampDelta)
    at = writeVarint(buffer, at, offsetDelta)
    at = writeField(buffer, at, key, keyLength)
    at = writeField(buffer, at, value, valueLength)
    at = writeVarint(buffer, at, list.length)
    for (const [name, headerValue] of list) {
      at = writeField(buffer, at, name, lengthOf(name, 'headers'))
      at = writeField(buffer, at, headerValue, lengthOf(headerValue, 'headers'))
    }
    if (offsetDelta === 0) {
      this.#baseTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    this.#size = end
    this.#count = offsetDelta + 1
    return offsetDelta
  }

  /**
   * Completes the batch. The builder takes no more records; without compression the batch lies in its memory.
   * @param options `stampedLater` leaves out the checksum because {@link stampProducer} will follow; `control` makes it a
   *   control batch, which is for brokers to write
   * @returns the batch; a promise of it only where a large batch is compressed off the main thread
   * @throws EncodeError without records, on an unknown compression, or if it was sealed before. After what a codec throws it
   *   can be sealed again, in another way
   */
  seal(options: SealOptions): Buffer | Promise<Buffer> {
    if (this.#sealed) throw new EncodeError('The record batch is sealed already')
    if (this.#count === 0) throw new EncodeError('A record batch needs at least one record')
    const plain = this.#buffer.subarray(0, this.#size)
    const { compression, level } = options ?? {}
    if (!compressionTypes.includes(compression)) {
      throw notA('compression', `one of ${compressionTypes.join(', ')}`, compression)
    }
    this.#sealed = true
    if (compression === 'none') return this.#finish(plain, 'none', options)
    try {
      const compressed = codecs[compression].compress(plain.subarray(RECORDS), level)
      return compressed instanceof Promise
        ? compressed.then(
            (bytes) => this.#wrap(plain, bytes, options),
            (error) => this.#notCompressed(error),
          )
        : this.#wrap(plain, compressed, options)
    } catch (error) {
      return this.#notCompressed(error)
    }
  }

  #notCompressed(error: unknown): never {
    this.#sealed = false
    throw error
  }

  #wrap(plain: Buffer, compressed: Buffer, options: SealOptions): Buffer {
    // Random or tiny records grow by compression.
    if (compressed.length >= plain.length - RECORDS) return this.#finish(plain, 'none', options)
    const batch = Buffer.allocUnsafeSlow(RECORDS + compressed.length)
    batch.set(compressed, RECORDS)
    return this.#finish(batch, options.compression, options)
  }

  #finish(batch: Buffer, compression: CompressionType, options: SealOptions): Buffer {
    const { stampedLater = false, control = false } = options
    writeInt64(batch, 0, BASE_OFFSET)
    batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, BATCH_LENGTH)
    batch.writeInt32BE(-1, PARTITION_LEADER_EPOCH)
    batch[MAGIC] = 2
    batch.writeInt16BE(compressionId(compression) | (control ? CONTROL : 0), ATTRIBUTES)
    batch.writeInt32BE(this.#count - 1, LAST_OFFSET_DELTA)
    writeInt64(batch, this.#baseTimestamp, BASE_TIMESTAMP)
    writeInt64(batch, this.#maxTimestamp, MAX_TIMESTAMP)
    writeInt64(batch, -1, PRODUCER_ID)
    batch.writeInt16BE(-1, PRODUCER_EPOCH)
    batch.writeInt32BE(-1, BASE_SEQUENCE)
    batch.writeInt32BE(this.#count, RECORD_COUNT)
    if (!stampedLater) batch.writeUInt32BE(crc32c(batch, ATTRIBUTES, batch.length), CRC)
    return batch
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#size))
    this.#buffer = larger
  }
}

/**
 * Marks a sealed batch as a producer's, so that the broker can tell a repeated one (KIP-98), and puts the checksum right.
 * May be called again, for the same batch under another epoch or sequence.
 * @throws EncodeError naming the argument that is not what it must be; the batch is as before
 */
export function stampProducer(
  batch: Buffer,
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  transactional = false,
): void {
  requireBatch(batch)
  requireInteger('producerId', producerId, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  requireInteger('producerEpoch', producerEpoch, -0x8000, 0x7fff)
  requireInteger('baseSequence', baseSequence, MIN_INT32, MAX_INT32)
  const attributes = batch.readInt16BE(ATTRIBUTES)
  batch.writeInt16BE(transactional ? attributes | TRANSACTIONAL : attributes & ~TRANSACTIONAL, ATTRIBUTES)
  writeInt64(batch, producerId, PRODUCER_ID)
  batch.writeInt16BE(producerEpoch, PRODUCER_EPOCH)
  batch.writeInt32BE(baseSequence, BASE_SEQUENCE)
  batch.writeUInt32BE(crc32c(batch, ATTRIBUTES, batch.length), CRC)
}

/**
 * Gives a batch its place in a log, which is a broker's to do. The checksum covers neither.
 * @param baseOffset of its first record
 * @throws EncodeError naming the argument that is not what it must be; the batch is as before
 */
export function placeBatch(batch: Buffer, baseOffset: number, partitionLeaderEpoch: number): void {
  requireBatch(batch)
  requireInteger('baseOffset', baseOffset, 0, Number.MAX_SAFE_INTEGER)
  requireInteger('partitionLeaderEpoch', partitionLeaderEpoch, MIN_INT32, MAX_INT32)
  writeInt64(batch, baseOffset, BASE_OFFSET)
  batch.writeInt32BE(partitionLeaderEpoch, PARTITION_LEADER_EPOCH)
}

function requireBatch(batch: Buffer): void {
  if (!Buffer.isBuffer(batch)) throw notA('batch', 'a Buffer', batch)
  if (batch.length < RECORDS) throw notA('batch', `a sealed batch of at least ${RECORDS} bytes`, batch)
}

function requireInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw notA(name, `an integer of ${min} to ${max}`, value)
}

function notA(name: string, wanted: string, value: unknown): EncodeError {
  return new EncodeError(`Record batch: ${name} must be ${wanted}, got ${shown(value)}`, { field: name })
}

/** The most that a record can take in a batch, without the batch's own header. Text counts as what it is in UTF-8. */
export function recordSize(key: RecordField, value: RecordField, headers: HeaderList | null): number {
  let size = MAX_RECORD_OVERHEAD + Math.max(0, lengthOf(key, 'key')) + Math.max(0, lengthOf(value, 'value'))
  if (headers !== null) size += sizeOfHeaders(headers)
  return size
}

function sizeOfHeaders(headers: HeaderList): number {
  if (!Array.isArray(headers)) throw notA('headers', 'an array of [name, value] or null', headers)
  let size = 0
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]
    if (!Array.isArray(header)) throw notA(`headers[${i}]`, 'an array of name and value', header)
    if (typeof header[0] !== 'string') throw notA(`headers[${i}][0]`, 'a string', header[0])
    const nameLength = Buffer.byteLength(header[0])
    const valueLength = lengthOf(header[1], 'headers', i)
    size += sizeOfVarint(nameLength) + nameLength + sizeOfVarint(valueLength) + Math.max(0, valueLength)
  }
  return size
}

/** Bytes of a field, −1 for null: as the length stands on the wire. */
function lengthOf(field: RecordField, name: string, index?: number): number {
  if (field === null) return -1
  if (typeof field === 'string') return Buffer.byteLength(field)
  if (!(field instanceof Uint8Array) && !types.isUint8Array(field)) {
    throw notA(index === undefined ? name : `${name}[${index}][1]`, 'a Buffer, a Uint8Array, a string or null', field)
  }
  return field.length
}

function writeField(buffer: Buffer, start: number, field: RecordField, length: number): number {
  const at = writeVarint(buffer, start, length)
  if (length <= 0) return at
  // With as many bytes as characters it is ASCII, which can be written without looking at each character.
  if (typeof field === 'string') buffer.write(field, at, length, length === field.length ? 'latin1' : 'utf8')
  else buffer.set(field as Uint8Array, at)
  return at + length
}
