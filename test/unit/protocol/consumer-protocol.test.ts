import { describe, expect, test } from 'vitest'
import { DecodeError } from '../../../protocol/errors.ts'
import { decodeSubscription, encodeSubscription } from '../../../protocol/messages/consumer-protocol.ts'

const topics = ['a', 'b']
const ownedPartitions = [{ topic: 'a', partitions: [1, 2] }]
const full = { topics, userData: Buffer.from('x'), ownedPartitions, generationId: 7, rackId: 'r' }

/** The subscription in `version`, saying that it is of `claimed`. */
function claiming(claimed: number, version: number): Buffer {
  const bytes = encodeSubscription(version, full)
  bytes.writeInt16BE(claimed)
  return bytes
}

describe('a subscription', () => {
  test.each([
    [1, 0],
    [2, 0],
    [2, 1],
    [3, 0],
    [3, 1],
    [3, 2],
    [9, 2],
  ])('that says version %i and ends like version %i is read as that', (claimed, version) => {
    expect(decodeSubscription(claiming(claimed, version))).toEqual(
      decodeSubscription(encodeSubscription(version, full)),
    )
  })

  test('as kafka-go and old versions of sarama write it does not fail', () => {
    const bytes = Buffer.from('0001 00000001 0001 61 ffffffff'.replaceAll(' ', ''), 'hex')
    expect(decodeSubscription(bytes)).toEqual({
      topics: ['a'],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
  })

  test('that ends anywhere else is a DecodeError about the version that it says', () => {
    const whole = claiming(3, 3)
    const ends = [0, 1, 2].map((version) => encodeSubscription(version, full).length)
    for (let length = 2; length < whole.length; length++) {
      const decode = () => decodeSubscription(whole.subarray(0, length))
      if (ends.includes(length)) expect(decode).not.toThrow()
      else expect(decode, `${length} bytes`).toThrow(/v3, field/)
    }
    expect(() => decodeSubscription(Buffer.from('0001', 'hex'))).toThrow(DecodeError)
  })
})
