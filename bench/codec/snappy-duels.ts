import { deepEqual } from 'node:assert/strict'
import { compression } from 'kafka-wire/protocol'
import type { Duel } from './duel.ts'
import { snappyjs } from './js-packages.ts'
import { jsonLines } from './samples.ts'

const SIZES: ReadonlyArray<readonly [name: string, bytes: number]> = [
  ['16 KiB', 16 * 1024],
  ['1 MiB', 1024 * 1024],
]

export function snappyDuels(): Duel[] {
  return SIZES.flatMap(([size, bytes]) => {
    const data = jsonLines(bytes)
    const framed = compression.snappy.compress(data) as Buffer
    // Ours reads it as well: some clients write blocks without a frame.
    const bare = Buffer.from(snappyjs.compress(data))
    const decompress = (compressed: Buffer) => compression.snappy.decompress(compressed, bytes)
    deepEqual(decompress(framed), data)
    deepEqual(decompress(bare), data)
    deepEqual(Buffer.from(snappyjs.uncompress(bare)), data)
    const duel = (what: string, ours: () => unknown, theirs: () => unknown): Duel => ({
      name: `${what} ${size} of JSON`,
      bytes,
      ours,
      theirs,
    })
    return [
      duel(
        'compress',
        () => compression.snappy.compress(data),
        () => snappyjs.compress(data),
      ),
      duel(
        'decompress',
        () => decompress(framed),
        () => snappyjs.uncompress(bare),
      ),
      duel(
        'decompress, the same block,',
        () => decompress(bare),
        () => snappyjs.uncompress(bare),
      ),
    ]
  })
}
