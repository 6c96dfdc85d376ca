import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../protocol/errors.ts'
import {
  decodeCooperativeStickyUserData,
  decodeStickyUserData,
  encodeCooperativeStickyUserData,
  encodeStickyUserData,
} from '../../../protocol/messages/sticky-user-data.ts'

/** Made by Java's assignors, of Kafka 4.3.1: see foreign/StickyUserData.java. */
const java: {
  sticky: Array<{ version: number; partitions: string[]; generation: number; hex: string }>
  cooperativeSticky: Array<{ generation: number; hex: string }>
} = JSON.parse(readFileSync(join(import.meta.dirname, 'foreign/sticky-user-data.json'), 'utf8'))

/** Java puts topics into the order of its hash maps; the samples are such that it is this one. */
function byTopic(names: readonly string[]): Array<{ topic: string; partitions: number[] }> {
  const topics = new Map<string, number[]>()
  for (const name of names) {
    const [topic, partition] = name.split('-')
    topics.set(topic, [...(topics.get(topic) ?? []), Number(partition)])
  }
  return [...topics].sort(([a], [b]) => (a < b ? -1 : 1)).map(([topic, partitions]) => ({ topic, partitions }))
}

describe("StickyAssignor's user data", () => {
  test.each(java.sticky)('version $version, $partitions in generation $generation', (sample) => {
    const value = { previousAssignment: byTopic(sample.partitions), generation: sample.generation }
    expect(encodeStickyUserData(sample.version, value).toString('hex')).toBe(sample.hex)
    expect(decodeStickyUserData(Buffer.from(sample.hex, 'hex'))).toEqual(value)
  })

  test('bytes that are too few for a generation, or come after it, are left unread', () => {
    for (const [rest, generation] of [
      ['000007', -1],
      ['0000000700', 7],
    ] as const) {
      const data = Buffer.from(`00000000${rest}`, 'hex')
      expect(decodeStickyUserData(data)).toEqual({ previousAssignment: [], generation })
    }
  })

  test('what is not it is a DecodeError', () => {
    expect(() => decodeStickyUserData(Buffer.from('7fffffff', 'hex'))).toThrow(DecodeError)
    expect(() => decodeStickyUserData(Buffer.alloc(0))).toThrow(DecodeError)
  })
})

describe("CooperativeStickyAssignor's user data", () => {
  test.each(java.cooperativeSticky)('generation $generation', ({ generation, hex }) => {
    expect(encodeCooperativeStickyUserData({ generation }).toString('hex')).toBe(hex)
    expect(decodeCooperativeStickyUserData(Buffer.from(hex, 'hex'))).toEqual({ generation })
  })

  test('bytes that are more or fewer than a generation are a DecodeError', () => {
    for (const bytes of [Buffer.alloc(3), Buffer.alloc(5), Buffer.alloc(0)]) {
      expect(() => decodeCooperativeStickyUserData(bytes)).toThrow(DecodeError)
    }
  })

  test("librdkafka's, which is laid out like StickyAssignor's, is not taken for it", () => {
    const previousAssignment = [{ topic: 'rides', partitions: [0, 1] }]
    const data = encodeStickyUserData(1, { previousAssignment, generation: 7 })
    expect(() => decodeCooperativeStickyUserData(data)).toThrow(/CooperativeStickyAssignorUserData v0.*left over/)
  })
})
