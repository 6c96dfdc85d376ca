import zlib from 'node:zlib'
import type { Codec } from './codec.ts'
import { zlibCodec } from './zlib-codec.ts'

/** Levels 1 to 9, default 6. */
export const gzip: Codec = zlibCodec<zlib.ZlibOptions>({
  name: 'gzip',
  compressSync: zlib.gzipSync,
  compress: zlib.gzip,
  compressOptions: (level) => (level === undefined ? {} : { level }),
  decompressSync: zlib.gunzipSync,
  decompress: zlib.gunzip,
})
