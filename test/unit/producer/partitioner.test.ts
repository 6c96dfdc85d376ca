import { describe, expect, it } from 'vitest'
import type { PartitionMetadata, TopicMetadata } from '../../../src/cluster/metadata.ts'
import { customPartition, murmur2, partitionForKey, StickyPartitioner } from '../../../src/producer/partitioner.ts'
import { seededRandom } from '../seeded-random.ts'

// Made by org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.3.1: the hash, and toPositive(hash) % 6 and % 100.
const VECTORS: Array<[key: string, hash: number, of6: number, of100: number]> = [
  ['', 275646681, 3, 81],
  ['a', -1563381124, 4, 24],
  ['ab', 316155434, 2, 34],
  ['abc', 479470107, 3, 7],
  ['abcd', -1323649548, 2, 0],
  ['abcde', 461995741, 1, 41],
  ['user-1', 1404122828, 2, 28],
  ['user-42', 1459644460, 4, 60],
  ['customer-7', -1283830537, 1, 11],
  ['21', -973932308, 0, 40],
  ['foobar', -790332482, 0, 66],
  ['a-little-bit-long-string', -985981536, 2, 12],
  ['a-little-bit-longer-string', -1486304829, 5, 19],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971, 5, 77],
  ['Zürich', -1551140815, 1, 33],
  ['日本語', 1431860170, 4, 70],
  ['🚕 ride', 428486021, 5, 21],
]

function topicOf(leaders: number[]): TopicMetadata {
  const partitions = leaders.map((leader, partition) => ({ partition, leader }) as PartitionMetadata)
  return { name: 't', topicId: '', isInternal: false, errorCode: 0, partitions }
}

describe('partition of a key', () => {
  it.each(VECTORS)('%j goes where Java sends it', (key, hash, of6, of100) => {
    const bytes = Buffer.from(key)
    expect(murmur2(bytes)).toBe(hash)
    expect([partitionForKey(bytes, 6), partitionForKey(bytes, 100)]).toEqual([of6, of100])
    expect([partitionForKey(key, 6), partitionForKey(key, 100)]).toEqual([of6, of100])
  })

  it('takes bytes above 127 as Java does', () => {
    expect(murmur2(Uint8Array.from({ length: 256 }, (_, i) => i))).toBe(-1948347274)
  })

  it('is the same for a long text and its bytes', () => {
    const key = 'ü'.repeat(1000)
    expect(partitionForKey(key, 1000)).toBe(partitionForKey(Buffer.from(key), 1000))
  })
})

describe('without a key', () => {
  it('stays on a partition until that has got enough bytes', () => {
    const sticky = new StickyPartitioner(100, seededRandom(1))
    const topic = topicOf([1, 1, 1, 1])
    const first = sticky.pick(topic)
    sticky.produced(99)
    expect(sticky.pick(topic)).toBe(first)
    sticky.produced(1)
    expect(sticky.pick(topic)).not.toBe(first)
  })

  it('spreads evenly', () => {
    const sticky = new StickyPartitioner(1, seededRandom(2))
    const topic = topicOf([1, 1, 1, 1])
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 4000; i++) {
      counts[sticky.pick(topic)]++
      sticky.produced(1)
    }
    for (const count of counts) expect(count).toBeGreaterThan(800)
  })

  it('passes over partitions without a leader, and leaves one that has lost its leader', () => {
    const sticky = new StickyPartitioner(1000, seededRandom(3))
    for (let i = 0; i < 20; i++) {
      expect(sticky.pick(topicOf([-1, 1, -1]))).toBe(1)
      expect(sticky.pick(topicOf([1, -1, -1]))).toBe(0)
    }
  })

  it('picks among all when none has a leader', () => {
    expect(new StickyPartitioner(1, seededRandom(4)).pick(topicOf([-1, -1]))).toBeLessThan(2)
  })
})

describe('a partitioner of the user', () => {
  const message = { topic: 't', value: 'v' }

  it('gets the message and the number of partitions', () => {
    const picked = customPartition(
      (input) => {
        expect(input).toEqual({ topic: 't', key: null, value: 'v', headers: undefined, partitions: 3 })
        return 2
      },
      message,
      3,
    )
    expect(picked).toBe(2)
  })

  it.each([3, -1, 1.5, Number.NaN, '1', undefined])('that returns %j is told so', (nonsense) => {
    expect(() => customPartition(() => nonsense as number, message, 3)).toThrow(
      expect.objectContaining({ name: 'UsageError', topic: 't' }),
    )
  })

  it('that throws gives the cause', () => {
    const cause = new Error('boom')
    const throwing = () => {
      throw cause
    }
    expect(() => customPartition(throwing, message, 3)).toThrow(expect.objectContaining({ name: 'UsageError', cause }))
  })
})
