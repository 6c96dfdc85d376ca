import { crc32, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../../protocol/errors.ts'
import { compression } from '../../../../protocol/records/index.ts'
import { bomb } from './bombs.ts'
import fixtures from './foreign/streams.json' with { type: 'json' }

/** Written by foreign libraries; `foreign/streams.py` says how. */
const streams = fixtures as Array<{ codec: Name; name: string; crc: number; length: number; bytes: string }>
type Name = keyof typeof compression
const names: readonly Name[] = ['gzip', 'snappy', 'lz4', 'zstd']

const KIB = 1024
const MIB = KIB * KIB
const LIMIT = 8 * MIB

async function decompress(codec: Name, data: Buffer, maxBytes = LIMIT): Promise<Buffer> {
  return compression[codec].decompress(data, maxBytes)
}

function foreign(codec: Name, name: string): Buffer {
  return Buffer.from(streams.find((each) => each.codec === codec && each.name === name)!.bytes, 'base64')
}

describe('what other libraries write', () => {
  test.each(streams)('$codec, $name', async ({ codec, crc, length, bytes }) => {
    const plain = await decompress(codec, Buffer.from(bytes, 'base64'))
    expect([plain.length, crc32(plain)]).toEqual([length, crc])
    // As much as it is, and no byte less.
    expect(await decompress(codec, Buffer.from(bytes, 'base64'), length)).toHaveLength(length)
    await expect(decompress(codec, Buffer.from(bytes, 'base64'), length - 1)).rejects.toMatchObject({
      name: 'DecodeError',
      code: 'MESSAGE_TOO_LARGE',
    })
  })

  test.each(streams)('$codec, $name: cut anywhere it is refused', async ({ codec, bytes, length }) => {
    const whole = Buffer.from(bytes, 'base64')
    const step = whole.length > 400 ? 37 : 1
    for (let end = 0; end < whole.length; end += step) {
      // The end of a frame, member or block is an end: what is missing behind it, the records tell.
      const plain = await decompress(codec, whole.subarray(0, end)).catch((error: unknown) => error)
      if (Buffer.isBuffer(plain)) expect(plain.length).toBeLessThanOrEqual(length)
      else expect(plain).toBeInstanceOf(DecodeError)
    }
  })
})

test.each([
  ['zstd', zstdCompressSync(Buffer.from('one')), zstdCompressSync(Buffer.from('two'))],
  ['gzip', gzipSync('one'), gzipSync('two')],
] as const)('%s: what follows the first frame is neither lost nor ignored', async (codec, one, two) => {
  expect(String(await decompress(codec, Buffer.concat([one, two])))).toBe('onetwo')
  for (const behind of [
    Buffer.from('garbage'),
    Buffer.from('x'),
    Buffer.alloc(3),
    Buffer.concat([Buffer.alloc(2), two]),
  ]) {
    await expect(decompress(codec, Buffer.concat([one, behind]))).rejects.toBeInstanceOf(DecodeError)
  }
})

test('large zstd frames and gzip members in a row are read off the main thread', async () => {
  const plain = Buffer.alloc(300 * KIB, 'abcdefghijk')
  for (let i = 0; i < plain.length; i += 3) plain[i] = (i * 7919) >>> 5
  const members = [plain.subarray(0, 100), plain.subarray(100)]
  expect(await decompress('zstd', Buffer.concat(members.map((each) => zstdCompressSync(each))))).toEqual(plain)
  expect(await decompress('gzip', Buffer.concat(members.map((each) => gzipSync(each, { level: 0 }))))).toEqual(plain)
})

describe('lz4', () => {
  test.each([
    ['a reserved flag', 4, 0x02, 'reserved bits'],
    ['a dictionary', 4, 0x01, 'a dictionary'],
    ['another version', 4, 0x80, 'an unknown version'],
    ['a reserved block bit', 5, 0x80, 'reserved bits'],
    ['a block size that is none', 5, 0x40, 'an unknown block size'],
    ['a wrong header checksum', 6, 0x01, 'header checksum'],
  ])('%s is refused', async (_what, at, bits, message) => {
    const frame = foreign('lz4', 'independent blocks')
    frame[at] ^= bits
    await expect(decompress('lz4', frame)).rejects.toThrow(message)
  })

  test.each(['block checksums', 'content checksum, no size'])('%s are checked', async (name) => {
    const frame = foreign('lz4', name)
    frame[frame.length - 1] ^= 1
    if (name === 'block checksums') frame[frame.length - 1 - 4] ^= 1
    await expect(decompress('lz4', frame)).rejects.toBeInstanceOf(DecodeError)
  })

  test('a match that reaches behind an independent block is refused', async () => {
    const linked = foreign('lz4', 'linked blocks')
    const independent = foreign('lz4', 'independent blocks')
    // Descriptor and its checksum of the one before the blocks of the other.
    const header = linked[4] & 0x08 ? 15 : 7
    const forged = Buffer.concat([independent.subarray(0, header), linked.subarray(header)])
    await expect(decompress('lz4', forged)).rejects.toThrow('malformed block')
  })
})

test('lz4: a size that is not that of the content is refused, whatever the header checksum', async () => {
  const frame = foreign('lz4', 'linked blocks')
  expect(frame[4] & 0x08).toBe(0x08)
  for (const [size, message] of [
    [LIMIT - 1, 'instead of the 8388607 that were announced'],
    [LIMIT + 1, 'more than the'],
  ] as const) {
    frame.writeUInt32LE(size, 6)
    const messages = []
    for (frame[14] = 0; messages.length < 256; frame[14]++) {
      messages.push(await decompress('lz4', frame).then(String, (error: Error) => error.message))
    }
    expect(messages.filter((each) => each.includes('header checksum'))).toHaveLength(255)
    expect(messages.filter((each) => each.includes(message))).toHaveLength(1)
  }
})

test('lz4: a match with itself is refused', async () => {
  const header = (compression.lz4.compress(Buffer.from('x')) as Buffer).subarray(0, 7)
  const block = Buffer.from([0x14, 0x61, 0, 0, 0x50, 0x61, 0x61, 0x61, 0x61, 0x61])
  const blockOf = (distance: number): Buffer => {
    block[2] = distance
    return Buffer.concat([header, Buffer.from([block.length, 0, 0, 0]), block, Buffer.alloc(4)])
  }
  expect(String(await decompress('lz4', blockOf(1)))).toBe('a'.repeat(14))
  for (const distance of [0, 2]) await expect(decompress('lz4', blockOf(distance))).rejects.toThrow('malformed block')
})

test('zstd: frames that do not say what they make are bounded together', async () => {
  const frame = foreign('zstd', 'neither size nor checksum')
  const two = Buffer.concat([frame, frame])
  const { length } = await decompress('zstd', two)
  await expect(decompress('zstd', two, length - 1)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
})

test('zstd: the second of two frames, cut at each byte', async () => {
  const [one, two] = [zstdCompressSync('one'), zstdCompressSync('twotwo'.repeat(9))]
  const both = Buffer.concat([one, two])
  for (let end = one.length + 1; end < both.length; end++) {
    await expect(decompress('zstd', both.subarray(0, end))).rejects.toThrow('an end in the middle')
  }
})

describe('snappy', () => {
  test('streams that follow one another, as Java reads them', async () => {
    const one = foreign('snappy', 'xerial, one chunk')
    expect(await decompress('snappy', Buffer.concat([one, one]))).toHaveLength(3600)
  })

  test('a stream for newer libraries only is refused', async () => {
    const stream = foreign('snappy', 'xerial, one chunk')
    stream.writeInt32BE(0, 12)
    await expect(decompress('snappy', stream)).rejects.toThrow('malformed frame at byte 12')
  })
})

/** Bytes that the process has more than before, at any moment that a timer sees. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const memory = (): number => process.memoryUsage.rss()
  const before = memory()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, memory())
  }, 5)
  await work().finally(() => clearInterval(timer))
  return Math.max(most, memory()) - before
}

describe('bombs', () => {
  test.each(names)('%s: a GiB of zeros is refused, and takes no memory', async (codec) => {
    const data = bomb(codec)
    const grown = await growth(() =>
      expect(decompress(codec, data)).rejects.toMatchObject({
        name: 'DecodeError',
        code: 'MESSAGE_TOO_LARGE',
        message: `it makes more than the ${LIMIT} bytes that are allowed`,
      }),
    )
    // Twice the limit while chunks are put together, and what V8 has not collected.
    expect(grown).toBeLessThan(64 * MIB)
  })

  test.each([
    ['gzip', gzipSync('x', { level: 0 })],
    ['lz4', compression.lz4.compress(Buffer.from('x')) as Buffer],
    ['zstd', zstdCompressSync('x')],
  ] as const)('%s: many small frames', async (codec, frame) => {
    const data = Buffer.concat(Array.from({ length: 20_000 }, () => frame))
    expect(await decompress(codec, data)).toEqual(Buffer.alloc(20_000, 'x'))
    await expect(decompress(codec, data, 10_000)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })

  test('snappy: many small chunks', async () => {
    const chunk = Buffer.from([0, 0, 0, 3, 1, 0, 0x78])
    const header = (compression.snappy.compress(Buffer.from('x')) as Buffer).subarray(0, 16)
    const data = Buffer.concat([header, ...Array.from({ length: 200_000 }, () => chunk)])
    expect(await decompress('snappy', data)).toEqual(Buffer.alloc(200_000, 'x'))
    await expect(decompress('snappy', data, 100_000)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })

  test('a size that is only claimed allocates nothing', async () => {
    // 4 GiB − 1 by a bare snappy block of six bytes; 2^62 by an lz4 frame with the right checksum, and by a zstd frame.
    const snappy = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0])
    const grown = await growth(async () => {
      await expect(decompress('snappy', snappy, KIB * KIB * MIB)).rejects.toBeInstanceOf(DecodeError)
      await expect(decompress('zstd', zstd)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
      await expect(decompress('zstd', zstd, 2 ** 62)).rejects.toMatchObject({ code: 'DECODE_FAILED' })
    })
    expect(grown).toBeLessThan(16 * MIB)
  })
})
