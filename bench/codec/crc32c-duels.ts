import { equal } from 'node:assert/strict'
import { crc32c } from 'kafka-wire/protocol'
import type { Duel } from './duel.ts'
import { npmCrc32c } from './js-packages.ts'
import { randomBytes } from './samples.ts'

const SIZES: ReadonlyArray<readonly [name: string, bytes: number]> = [
  ['1 KiB', 1024],
  ['16 KiB', 16 * 1024],
  ['1 MiB', 1024 * 1024],
]

export function crc32cDuels(): Duel[] {
  return SIZES.flatMap(([size, bytes]) => {
    const aligned = randomBytes(bytes)
    // What is received lies anywhere: a batch begins where the one before it ends.
    const anywhere = Buffer.alloc(bytes + 3).subarray(3)
    aligned.copy(anywhere)
    return [duel(`${size}`, aligned), duel(`${size}, at an odd address`, anywhere)]
  })
}

function duel(name: string, data: Buffer): Duel {
  equal(crc32c(data), npmCrc32c(data) >>> 0)
  return { name, bytes: data.length, ours: () => crc32c(data), theirs: () => npmCrc32c(data) }
}
