import zlib from 'node:zlib'
import type { Codec } from './codec.ts'
import { zlibCodec } from './zlib-codec.ts'

const codec = zlibCodec<zlib.ZlibOptions>({
  name: 'gzip',
  compressSync: zlib.gzipSync,
  compress: zlib.gzip,
  compressOptions: (level) => (level === undefined ? {} : { level }),
  decompressSync: zlib.gunzipSync,
  decompress: zlib.gunzip,
})

/** A member ends with the size of its content. */
const SIZE_BYTES = 4

/** Levels 1 to 9, default 6. */
export const gzip: Codec = {
  compress: codec.compress,
  decompress(data, maxBytes) {
    const size = data.length < SIZE_BYTES ? -1 : data.readUInt32LE(data.length - SIZE_BYTES)
    return codec.decompress(data, maxBytes, { size })
  },
}
