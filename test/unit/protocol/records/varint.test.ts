import { expect, test } from 'vitest'
import { exactVarlong, sizeOfVarlong, VarintCursor, writeVarlong } from '../../../../protocol/records/varint.ts'

/** protobuf's sint64, in integers that have no limit. */
function zigzag(value: bigint): number[] {
  const bytes = []
  let rest = value < 0n ? -2n * value - 1n : 2n * value
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

const powers = Array.from({ length: 54 }, (_, exponent) => 2 ** exponent)
const around = powers.flatMap((power) => [power - 1, power, power + 1]).filter((value) => value <= 2 ** 53)

test.each([0, ...around, ...around.map((value) => -value)])(
  '%d is written with all its digits, and read again',
  (value) => {
    const buffer = Buffer.alloc(10)
    const end = writeVarlong(buffer, 0, value)
    expect([...buffer.subarray(0, end)]).toEqual(zigzag(BigInt(value)))
    expect(sizeOfVarlong(value)).toBe(end)
    expect(new VarintCursor(buffer, 0).varlong()).toBe(value + 0)
  },
)

test.each([0n, -1n, 64n, -65n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)])(
  '%d is read exactly',
  (value) => {
    expect(exactVarlong(Buffer.from([0xff, ...zigzag(value)]), 1)).toBe(value)
  },
)
