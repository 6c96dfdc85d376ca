import type { Codec } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

export type { Codec } from './codec.ts'
export { decompressOldLz4 } from './lz4.ts'

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Kafka's compressions by the number that stands for them in a batch's attributes. */
export const compressionTypes: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

export const codecs: Readonly<Record<Exclude<CompressionType, 'none'>, Codec>> = { gzip, snappy, lz4, zstd }

export function compressionId(type: CompressionType): number {
  return compressionTypes.indexOf(type)
}

/** `undefined` for a number that Kafka has not given yet. */
export function compressionOf(id: number): CompressionType | undefined {
  return compressionTypes[id]
}
