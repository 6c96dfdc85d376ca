import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../protocol/errors.ts'
import { FrameSplitter, sizePrefixed } from '../../../protocol/frame-splitter.ts'
import { seededRandom } from '../seeded-random.ts'

const MAX_FRAME_BYTES = 1000

/** A splitter and the frames that it has handed out. */
function splitter() {
  const frames: Buffer[] = []
  const splits = new FrameSplitter((frame) => frames.push(frame), { maxFrameBytes: MAX_FRAME_BYTES })
  return { splits, frames, hex: () => frames.map((each) => each.toString('hex')) }
}

/** Bodies that differ in every byte that could be mixed up, from the shortest length to the longest. */
const bodies = [4, 5, 260, 4, 31, MAX_FRAME_BYTES, 7].map((length, n) => {
  return Buffer.from(Array.from({ length }, (_, i) => n * 37 + i))
})
const stream = Buffer.concat(bodies.map(sizePrefixed))
const expected = bodies.map((body) => body.toString('hex'))

describe('frames', () => {
  test('come whole out of a stream that arrives one byte at a time', () => {
    const { splits, hex } = splitter()
    for (let i = 0; i < stream.length; i++) splits.push(stream.subarray(i, i + 1))
    expect(hex()).toEqual(expected)
  })

  test('come whole out of two chunks, wherever the cut is', () => {
    const short = Buffer.concat([sizePrefixed(bodies[0]), sizePrefixed(bodies[1]), sizePrefixed(bodies[4])])
    for (let cut = 0; cut <= short.length; cut++) {
      const { splits, hex } = splitter()
      splits.push(short.subarray(0, cut))
      splits.push(short.subarray(cut))
      expect(hex(), `cut at ${cut}`).toEqual([expected[0], expected[1], expected[4]])
    }
  })

  test.each([1, 2, 3, 4, 5])('come whole out of chunks of any size (seed %i)', (seed) => {
    const random = seededRandom(seed)
    for (let round = 0; round < 50; round++) {
      const { splits, hex } = splitter()
      const largest = 1 + Math.floor(random() * random() * stream.length)
      const cuts: number[] = []
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + Math.floor(random() * (largest + 1)))
        cuts.push(end)
        // As with sockets, the chunk's memory is another one each time.
        splits.push(Buffer.from(stream.subarray(at, end)))
        at = end
      }
      expect(hex(), `cut at ${cuts}`).toEqual(expected)
    }
  })

  test('are handed out as soon as their last byte is there, not before', () => {
    const { splits, frames } = splitter()
    const bytes = sizePrefixed(bodies[1])
    splits.push(bytes.subarray(0, -1))
    expect(frames).toHaveLength(0)
    splits.push(bytes.subarray(-1))
    expect(frames).toHaveLength(1)
  })

  test('within one chunk are views of it, and no copies', () => {
    const { splits, frames } = splitter()
    const chunk = Buffer.from(Buffer.concat([sizePrefixed(bodies[0]), sizePrefixed(bodies[1])]))
    splits.push(chunk)
    expect(frames.map(({ byteOffset }) => byteOffset - chunk.byteOffset)).toEqual([4, 12])
    chunk.fill(0xee)
    expect(frames.every((each) => each.every((byte) => byte === 0xee))).toBe(true)
  })

  test('keep nothing of a chunk whose memory is used again', () => {
    const { splits, frames } = splitter()
    const chunk = Buffer.from(Buffer.concat([sizePrefixed(bodies[0]), sizePrefixed(bodies[1])]))
    splits.push(chunk, true)
    chunk.fill(0xee)
    expect(frames).toEqual(bodies.slice(0, 2))
  })

  test('over several chunks keep nothing of them', () => {
    const { splits, frames } = splitter()
    const bytes = Buffer.from(sizePrefixed(bodies[2]))
    splits.push(bytes.subarray(0, 100))
    splits.push(bytes.subarray(100))
    bytes.fill(0xee)
    expect(frames[0].equals(bodies[2])).toBe(true)
  })

  test.each([1024 * 1024, 1024 * 1024 + 1, 9_000_000])('of %i bytes come whole, too', (length) => {
    const body = Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))
    const large = sizePrefixed(body)
    for (const size of [65_536, 1_500_000]) {
      const frames: Buffer[] = []
      const splits = new FrameSplitter((frame) => frames.push(frame))
      for (let at = 0; at < large.length; at += size) splits.push(large.subarray(at, at + size))
      splits.push(large)
      expect(frames.map((frame) => frame.equals(body))).toEqual([true, true])
    }
  })

  test('after one that the receiver refuses are not handed out', () => {
    const seen: number[] = []
    const splits = new FrameSplitter((each) => {
      seen.push(each.length)
      if (each.length === 5) throw new Error('refused')
    })
    expect(() => splits.push(stream)).toThrow('refused')
    expect(seen).toEqual([4, 5])
  })
})

describe('a length', () => {
  const prefix = (length: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(length)
    return bytes
  }

  test.each([0, 3, -1, -(2 ** 31), MAX_FRAME_BYTES + 1, 2 ** 31 - 1])('of %i bytes is a DecodeError', (length) => {
    const { splits, frames } = splitter()
    const push = (): void => splits.push(Buffer.concat([sizePrefixed(bodies[0]), prefix(length)]))
    expect(push).toThrow(DecodeError)
    expect(frames).toHaveLength(1)
  })

  test('is at most 100 MiB unless told otherwise', () => {
    const splits = new FrameSplitter(() => {})
    splits.push(prefix(104_857_600))
    expect(() => new FrameSplitter(() => {}).push(prefix(104_857_601))).toThrow(DecodeError)
  })

  test('has memory set aside for it as its bytes come, not on its word', () => {
    const allocated = (): number => process.memoryUsage().arrayBuffers
    const splits = new FrameSplitter(() => {})
    const chunk = Buffer.alloc(1024 * 1024)
    const before = allocated()
    splits.push(prefix(104_857_600))
    expect(allocated() - before).toBeLessThan(1.5 * chunk.length)
    splits.push(chunk)
    splits.push(chunk)
    // What was set aside first may not have been collected yet.
    expect(allocated() - before).toBeLessThan(5.5 * chunk.length)
  })

  test('is shown before it is judged', () => {
    const lengths: number[] = []
    const splits = new FrameSplitter(() => {}, { onLength: (length) => lengths.push(length) })
    expect(() => splits.push(Buffer.concat([sizePrefixed(bodies[0]), prefix(-5)]))).toThrow(DecodeError)
    expect(lengths).toEqual([4, -5])
  })
})
