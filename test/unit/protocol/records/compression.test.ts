import { buffer } from 'node:stream/consumers'
import { crc32, createZstdCompress, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
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

/** zstd whose frame does not say what it makes, as Java's streams write it. */
async function streamed(plain: Buffer): Promise<Buffer> {
  const stream = createZstdCompress()
  stream.write(plain.subarray(0, 1))
  stream.end(plain.subarray(1))
  const frames = await buffer(stream)
  // Node puts an empty frame behind it.
  return frames.subarray(0, -zstdCompressSync('').length)
}

describe('what makes much of little is decompressed off the main thread', () => {
  const large = Buffer.alloc(3 * MIB, 'abc')

  test.each([
    ['gzip', async () => gzipSync(large)],
    // What such data says last is the size of the last member.
    ['gzip', async () => Buffer.concat([gzipSync(large), gzipSync('')])],
    ['zstd', async () => zstdCompressSync(large)],
    ['zstd', () => streamed(large)],
  ] as const)('%s, %#', async (codec, compress) => {
    const data = await compress()
    expect(data.length).toBeLessThan(16 * KIB)
    const result = compression[codec].decompress(data, LIMIT)
    expect(result).toBeInstanceOf(Promise)
    expect((await result).equals(large)).toBe(true)
    await expect(decompress(codec, data, 2 * MIB)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    await expect(decompress(codec, data, large.length - 1)).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    // Nobody needs a thread to be told that.
    expect(() => compression[codec].decompress(data, KIB)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }),
    )
  })

  test.each([
    ['gzip', async () => gzipSync(large.subarray(0, MIB))],
    ['zstd', () => streamed(large.subarray(0, MIB))],
  ] as const)('%s: a MiB is not much', async (codec, compress) => {
    expect(compression[codec].decompress(await compress(), LIMIT)).toBeInstanceOf(Buffer)
  })
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

  test('the checksum of a block is checked', async () => {
    const frame = foreign('lz4', 'block checksums')
    expect(frame[4] & 0x14).toBe(0x10)
    // The last four bytes are the end mark.
    frame[frame.length - 1 - 4] ^= 1
    await expect(decompress('lz4', frame)).rejects.toThrow('a wrong block checksum')
  })

  test('the checksum of the content is checked', async () => {
    const frame = foreign('lz4', 'content checksum, no size')
    frame[frame.length - 1] ^= 1
    await expect(decompress('lz4', frame)).rejects.toThrow('a wrong content checksum')
  })

  test('matches that repeat themselves, of all distances and lengths', async () => {
    const header = (compression.lz4.compress(Buffer.from('x')) as Buffer).subarray(0, 7)
    const lengthBytes = (rest: number): Buffer => Buffer.from([...Array(Math.floor(rest / 255)).fill(255), rest % 255])
    for (const distance of [1, 2, 3, 7, 31, 255, 256, 257, 300, 5000]) {
      for (const length of [19, 32, 33, 255, 256, 257, 258, 511, 513, 1000, 4097]) {
        const literals = Buffer.from(Array.from({ length: distance }, (_, i) => (i * 7919) >>> 3))
        const block = Buffer.concat([
          Buffer.from([(Math.min(distance, 15) << 4) | 15]),
          distance >= 15 ? lengthBytes(distance - 15) : Buffer.alloc(0),
          literals,
          Buffer.from([distance & 255, distance >>> 8]),
          lengthBytes(length - 19),
          Buffer.from([0x50]),
          Buffer.from('abcde'),
        ])
        const size = Buffer.alloc(4)
        size.writeUInt32LE(block.length)
        const expected = Buffer.concat([literals, Buffer.alloc(length, literals), Buffer.from('abcde')])
        const plain = await decompress('lz4', Buffer.concat([header, size, block, Buffer.alloc(4)]))
        expect(plain.equals(expected), `${length} bytes from ${distance} before`).toBe(true)
      }
    }
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

describe('zstd, many frames', () => {
  const tiny = [
    zstdCompressSync(''),
    zstdCompressSync('x'),
    // Two blocks in one frame with a window: a raw one, and an RLE one of 1000 bytes.
    Buffer.from('28b52ffd0000180000616263431f007a', 'hex'),
  ]
  const tinyText = Buffer.from(`xabc${'z'.repeat(1000)}`)

  test('tiny ones are read as zstd reads them', async () => {
    for (const frame of tiny) {
      expect(await decompress('zstd', Buffer.concat([frame, frame]))).toEqual(
        Buffer.concat([zstdDecompressSync(frame), zstdDecompressSync(frame)]),
      )
    }
    const compressed = zstdCompressSync('much '.repeat(500))
    const mixed = [...tiny, compressed, ...tiny, compressed]
    const expected = [tinyText, 'much '.repeat(500), tinyText, 'much '.repeat(500)].join('')
    expect(String(await decompress('zstd', Buffer.concat(mixed)))).toBe(expected)
    await expect(decompress('zstd', Buffer.concat(mixed), expected.length - 1)).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      message: `it makes more than the ${expected.length - 1} bytes that are allowed`,
    })
  })

  test('one that does not make what it says is refused', async () => {
    const lying = Buffer.from(tiny[1])
    // The size of the content, of one byte here.
    lying[5] = 2
    await expect(decompress('zstd', Buffer.concat([tiny[1], lying]))).rejects.toBeInstanceOf(DecodeError)
  })

  test('so is a block that is larger than its window', async () => {
    const block = Buffer.concat([Buffer.from('28b52ffd0000813e00', 'hex'), Buffer.alloc(2000)])
    expect(() => zstdDecompressSync(block)).toThrow()
    await expect(decompress('zstd', Buffer.concat([tiny[1], block]))).rejects.toBeInstanceOf(DecodeError)
  })

  test('those that need a decoder are bounded', async () => {
    const frame = zstdCompressSync('abc'.repeat(100))
    const frames = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => frame))
    expect(await decompress('zstd', frames(1000))).toHaveLength(300_000)
    await expect(decompress('zstd', frames(1001))).rejects.toMatchObject({
      message: `zstd: more than 1000 frames at byte ${1000 * frame.length}`,
      position: 1000 * frame.length,
    })
  })

  test('errors say where in all of the data', async () => {
    const skippable = Buffer.from('502a4d1803000000616263', 'hex')
    const broken = zstdCompressSync('abc'.repeat(100))
    broken.fill(0xff, 10, 14)
    for (const before of [[skippable], [skippable, skippable], [tiny[1]], [skippable, tiny[1]]]) {
      const { length } = Buffer.concat(before)
      const position = { position: length }
      await expect(decompress('zstd', Buffer.concat([...before, broken]))).rejects.toMatchObject(position)
      await expect(decompress('zstd', Buffer.concat([...before, Buffer.alloc(9)]))).rejects.toMatchObject(position)
    }
  })
})

test('zstd: a window that is larger than all content may be', async () => {
  const frame = (log: number): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 0x2b, 0, 0, 0x78])
  const xxxxx = Buffer.from('xxxxx')
  expect(await decompress('zstd', frame(23), 10)).toEqual(xxxxx)
  for (const [log, maxBytes] of [
    [24, 2 ** 23 + 1],
    [27, 100_000_000],
    [27, 2 ** 40],
  ]) {
    expect(await decompress('zstd', frame(log), maxBytes)).toEqual(xxxxx)
  }
  await expect(decompress('zstd', frame(24), 2 ** 23)).rejects.toMatchObject({
    code: 'MESSAGE_TOO_LARGE',
    message: 'zstd: a window of 16777216 bytes, where 8388608 are allowed, at byte 0',
  })
  // Nothing that is allowed here helps.
  await expect(decompress('zstd', frame(28), 10)).rejects.toMatchObject({ code: 'DECODE_FAILED' })
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

  describe('memory is allocated for what the input can make, not for what it says', () => {
    /** The most that was asked for at once. */
    async function largestAllocation(work: () => Promise<unknown>): Promise<number> {
      const spies = (['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const).map((name) => vi.spyOn(Buffer, name))
      try {
        await work()
        return Math.max(0, ...spies.flatMap((spy) => spy.mock.calls.map(([size]) => size)))
      } finally {
        for (const spy of spies) spy.mockRestore()
      }
    }

    test('lz4: a block of a few bytes in a frame whose blocks may be of 256 KiB', async () => {
      const frame = foreign('lz4', 'linked blocks, 4 MiB')
      expect(frame[5] >>> 4).toBe(5)
      const start = frame[4] & 0x08 ? 15 : 7
      const block = Buffer.from([0x50, 0x61, 0x61, 0x61, 0x61, 0x61])
      const hostile = Buffer.concat([frame.subarray(0, start), Buffer.from([block.length, 0, 0, 0]), block])
      // The end mark is missing.
      const refused = () => expect(decompress('lz4', hostile)).rejects.toThrow('an end in the middle')
      expect(await largestAllocation(refused)).toBe(block.length * 255)
    })

    test('snappy: six bytes that say they make 128 MB', async () => {
      const claim = Buffer.from('ffffff3f0000', 'hex')
      const refused = () => expect(decompress('snappy', claim, 2 ** 27)).rejects.toThrow('malformed block at byte 0')
      expect(await largestAllocation(refused)).toBeLessThan(KIB)
    })
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
