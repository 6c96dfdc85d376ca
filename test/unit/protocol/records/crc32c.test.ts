import reference from 'crc-32/crc32c.js'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { seededRandom } from '../../seeded-random.ts'

type Crc32c = typeof import('../../../../protocol/records/crc32c.ts')['crc32c']

async function loaded(): Promise<Crc32c> {
  vi.resetModules()
  return (await import('../../../../protocol/records/crc32c.ts')).crc32c
}

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Around each of the sizes at which another way of counting begins, and a few that are none of them. */
const LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 3343, 3344, 3345, 6143, 6144, 6145, 32_767, 32_768, 40_000, 200_001]

describe.each([
  ['with WebAssembly', () => {}],
  ['where there is none', () => vi.stubGlobal('WebAssembly', undefined)],
  [
    'where it has no SIMD',
    () => {
      const Module = class {
        constructor() {
          throw new Error('invalid value type')
        }
      }
      // Node's types do not have it.
      const { WebAssembly } = globalThis as unknown as { WebAssembly: object }
      vi.stubGlobal('WebAssembly', { ...WebAssembly, Module })
    },
  ],
])('the checksum %s', (_, arrange) => {
  test('is that of the npm package crc-32, whatever the length and wherever the bytes lie', async () => {
    arrange()
    const crc32c = await loaded()
    const random = seededRandom(1)
    const bytes = Buffer.from(Array.from({ length: 200_020 }, () => Math.floor(random() * 256)))
    for (const length of [...LENGTHS, ...Array.from({ length: 100 }, () => Math.floor(random() * 50_000))]) {
      const start = Math.floor(random() * 20)
      const expected = reference.buf(bytes.subarray(start, start + length)) >>> 0
      expect([length, start, crc32c(bytes, start, start + length)]).toEqual([length, start, expected])
    }
  })

  test('is that of RFC 3720', async () => {
    arrange()
    const crc32c = await loaded()
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  })
})

test('large data is folded by WebAssembly where there is SIMD, as in every Node', async () => {
  const { makeFolding } = await import('../../../../protocol/records/crc32c-folding.ts')
  const unused = (): number => 0
  expect(makeFolding(unused, unused)).not.toBeNull()
})
