import zlib from 'node:zlib'
import { compression } from 'kafka-wire/protocol'
import { table } from '../report/table.ts'
import { megabytes } from './duel.ts'
import { type Effort, secondsPerCall } from './measure.ts'
import { jsonLines } from './samples.ts'

const SIZES: ReadonlyArray<readonly [name: string, bytes: number]> = [
  ['16 KiB', 16 * 1024],
  ['1 MiB', 1024 * 1024],
]

interface SyncCodec {
  compress(data: Buffer): Buffer
  decompress(data: Buffer): Buffer
}

const MAX_BYTES = 1024 * 1024

/** Of node:zlib the synchronous functions, at each one's default level and its fastest. */
const codecs: Readonly<Record<string, SyncCodec>> = {
  'snappy (kafka-wire)': ours('snappy'),
  'lz4 (kafka-wire)': ours('lz4'),
  'gzip, level 6 (node:zlib)': gzip(6),
  'gzip, level 1 (node:zlib)': gzip(1),
  'zstd, level 3 (node:zlib)': zstd(3),
  'zstd, level 1 (node:zlib)': zstd(1),
}

/** All of Kafka's compressions beside one another. */
export async function codecTable(effort: Effort): Promise<string> {
  const rows: string[][] = []
  for (const [size, bytes] of SIZES) {
    const data = jsonLines(bytes)
    for (const [name, { compress, decompress }] of Object.entries(codecs)) {
      const compressed = compress(data)
      if (!decompress(compressed).equals(data)) throw new Error(`${name} does not give back what it took`)
      const work = { compress: () => compress(data), decompress: () => decompress(compressed) }
      const seconds = await secondsPerCall(work, bytes, effort)
      const ratio = (bytes / compressed.length).toFixed(1)
      rows.push([`${size}, ${name}`, megabytes(bytes, seconds.compress), megabytes(bytes, seconds.decompress), ratio])
    }
  }
  return table(['JSON', 'compress, MB/s', 'decompress, MB/s', 'smaller by'], rows)
}

function ours(type: 'snappy' | 'lz4'): SyncCodec {
  const codec = compression[type]
  // These two are synchronous always.
  return {
    compress: (data) => codec.compress(data) as Buffer,
    decompress: (data) => codec.decompress(data, MAX_BYTES) as Buffer,
  }
}

function gzip(level: number): SyncCodec {
  return { compress: (data) => zlib.gzipSync(data, { level }), decompress: (data) => zlib.gunzipSync(data) }
}

function zstd(level: number): SyncCodec {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level }
  return {
    compress: (data) => zlib.zstdCompressSync(data, { params }),
    decompress: (data) => zlib.zstdDecompressSync(data),
  }
}
