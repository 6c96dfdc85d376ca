import { describe, expect, it } from 'vitest'
import { Reader } from '../../../protocol/reader.ts'
import { Writer } from '../../../protocol/writer.ts'

/** A writer with no room left, so that the next value makes it grow. */
function fullWriter(): Writer {
  const writer = new Writer(4)
  writer.writeInt32(1)
  return writer
}

function readerAfter(writer: Writer): Reader {
  const reader = new Reader(Buffer.concat(writer.finish()))
  reader.readInt32()
  return reader
}

describe('a value that makes the writer grow', () => {
  it('is written into the larger buffer', () => {
    const writers = {
      boolean: fullWriter(),
      int8: fullWriter(),
      int64: fullWriter(),
      float64: fullWriter(),
      string: fullWriter(),
      bytes: fullWriter(),
    }
    writers.boolean.writeBoolean(true)
    writers.int8.writeInt8(-5)
    writers.int64.writeInt64(-7n)
    writers.float64.writeFloat64(1.5)
    writers.string.writeString('hällo')
    writers.bytes.append(Buffer.from('0123456789'))
    expect(readerAfter(writers.boolean).readBoolean()).toBe(true)
    expect(readerAfter(writers.int8).readInt8()).toBe(-5)
    expect(readerAfter(writers.int64).readInt64()).toBe(-7)
    expect(readerAfter(writers.float64).readFloat64()).toBe(1.5)
    expect(Buffer.concat(writers.string.finish()).subarray(6).toString()).toBe('hällo')
    expect(Buffer.concat(writers.bytes.finish()).subarray(4).toString()).toBe('0123456789')
  })
})
