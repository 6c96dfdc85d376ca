import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compression as codecs, readBatches, readRecords } from '../../protocol/records/index.ts'
import { splitRecords } from '../../src/consumer/fetched-batch.ts'
import { bomb } from '../unit/protocol/records/bombs.ts'
import { oldMessage, wrapped } from '../unit/protocol/records/old-messages.ts'
import { rawlyCompressed, rawRecord } from '../unit/protocol/records/raw-batches.ts'
import type { LargeInput } from './large-input.ts'

/** The consumer's default; that of `readRecords` is a little less. */
const MAX_BYTES = 134_217_728
/** What is counted may take three times as much, and more for a while when it is put together. */
const MAX_MEMORY_BYTES = 5 * MAX_BYTES
const MIB = 1024 * 1024

const compressors = {
  gzip: (data: Buffer) => gzipSync(data),
  zstd: (data: Buffer) => zstdCompressSync(data),
  lz4: (data: Buffer) => codecs.lz4.compress(data) as Buffer,
  snappy: (data: Buffer) => codecs.snappy.compress(data) as Buffer,
}
type Name = keyof typeof compressors
const names = Object.keys(compressors) as Name[]

/** Batches that make as much of little as they can, or would like to: what is allowed, and what is not. */
export function largeBatches(): LargeInput[] {
  return [
    ...names.flatMap((name) => [
      ...batch(`a GiB of ${name}`, 1, name, () => bomb(name)),
      ...batch(`120 MiB of ${name}`, 1, name, () => {
        return compressors[name](rawRecord({ value: Buffer.alloc(120 * MIB) }))
      }),
    ]),
    ...batch('45,000,000 headers', 1, 'zstd', () => zstdCompressSync(headers(45_000_000))),
    ...batch('1,500,000 headers', 1, 'zstd', () => zstdCompressSync(headers(1_500_000))),
    ...batch('9,000,000 records', 9_000_000, 'zstd', () => zstdCompressSync(filled(9_000_000, rawRecord({})))),
    ...batch('700,000 records', 700_000, 'gzip', () => gzipSync(records(700_000))),
    ...batch('100,000 empty frames', 1, 'zstd', () => filled(100_000, zstdCompressSync(''))),
    ...batch('100,000 frames of a byte', 1, 'zstd', () => filled(100_000, zstdCompressSync('x'))),
    ...batch('50,000 compressed frames', 1, 'zstd', () => filled(50_000, zstdCompressSync('x'.repeat(300)))),
    ...batch('1000 compressed frames', 1, 'zstd', () => filled(1000, zstdCompressSync('x'.repeat(300)))),
    ...batch('50,000 empty members', 1, 'gzip', () => filled(50_000, gzipSync(''))),
    ...batch('70,000 frames of a byte', 1, 'lz4', () => filled(70_000, compressors.lz4(Buffer.from('x')))),
    ...batch('200,000 chunks of a byte', 1, 'snappy', () => {
      const stream = compressors.snappy(Buffer.from('x'))
      return Buffer.concat([stream.subarray(0, 16), filled(200_000, stream.subarray(16))])
    }),
    ...both('4,000,000 old messages in one', () => {
      return wrapped([filled(4_000_000, oldMessage({ offset: 0 }))], { offset: 4_000_000 })
    }),
  ]
}

function batch(title: string, recordCount: number, compression: Name, data: () => Buffer): LargeInput[] {
  return both(title, () => rawlyCompressed(data(), { compression, recordCount }))
}

function both(title: string, make: () => Buffer): LargeInput[] {
  const maxMemoryBytes = (): number => MAX_MEMORY_BYTES
  return [
    { title: `readRecords: ${title}`, make, read: objectsOf, maxMemoryBytes },
    { title: `consumer: ${title}`, make, read: messagesOf, maxMemoryBytes },
  ]
}

async function objectsOf(bytes: Buffer): Promise<unknown> {
  const all = []
  for (const each of readBatches(bytes)) all.push(await readRecords(each))
  return all
}

async function messagesOf(bytes: Buffer): Promise<unknown> {
  const reading = { checkCrcs: true, maxDecompressedBytes: MAX_BYTES }
  const all = []
  for (const each of splitRecords({ topic: 't', partition: 0 }, bytes, 0, null, reading)) {
    const messages = await each.decode(0)
    for (const message of messages) all.push(message.headers.size)
    all.push(messages)
  }
  return all
}

/** A record with so many headers, of two bytes each. */
function headers(count: number): Buffer {
  return rawRecord({ headers: Buffer.alloc(2 * count, '\0\x01'), headerCount: count })
}

/** The smallest that have an offset of their own. */
function records(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, offsetDelta) => rawRecord({ offsetDelta })))
}

function filled(count: number, part: Buffer): Buffer {
  return Buffer.alloc(count * part.length, part)
}
