import { isDeepStrictEqual } from 'node:util'
import { DecodeError, EncodeError } from '../../protocol/errors.ts'
import type { AnyField, Fields } from '../../protocol/fields.ts'
import { expectEnd, type Message } from '../../protocol/message.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'

/**
 * Feeds `bytes` to a message's decoder.
 * @returns whether they were accepted
 * @throws what the decoder must not throw, or an Error if what was accepted does not survive being written and read
 */
export function judge(message: Message<Fields>, version: number, bytes: Buffer): boolean {
  return judgeRoundTrip(
    bytes,
    (input) => {
      const reader = new Reader(input)
      const value = message.decode(reader, version)
      expectEnd(reader, message.name, version)
      return value
    },
    (value) => {
      const writer = new Writer()
      message.encode(writer, version, encodable(message.fields, value) as never)
      return Buffer.concat(writer.finish())
    },
  )
}

/** As {@link judge}, for what is no plain message. */
export function judgeRoundTrip<T>(bytes: Buffer, decode: (bytes: Buffer) => T, encode: (value: T) => Buffer): boolean {
  let value: T
  try {
    value = decode(bytes)
  } catch (error) {
    requireDetails(error, bytes)
    return false
  }
  let written: Buffer
  try {
    written = encode(value)
  } catch (error) {
    // A byte that is not UTF-8 reads as a character of three.
    if (error instanceof EncodeError && /a string of \d+ bytes is longer/.test(error.message)) return true
    throw error
  }
  const again = decode(written)
  if (!isDeepStrictEqual(again, value)) throw new Error('What was decoded, written and decoded again is another value')
  return true
}

/** An error for bytes that came from outside must say what was wrong where. */
export function requireDetails(error: unknown, bytes: Buffer): asserts error is DecodeError {
  if (!(error instanceof DecodeError)) throw error
  const { api, version, field, position, message } = error
  const missing = [
    typeof api !== 'string' && 'api',
    typeof version !== 'number' && 'version',
    (typeof field !== 'string' || !message.includes(`field ${field}, `)) && 'field',
    (!Number.isInteger(position) || position! < 0 || position! > bytes.length) && 'position',
    !message.includes(`${api}`) && 'api in the message',
    !message.includes(` v${version}, `) && 'version in the message',
    !message.includes(`, byte ${position}: `) && 'position in the message',
    // A path is as long as the declaration is deep, whatever the bytes.
    message.length > 400 && 'brevity',
  ].filter((name) => name !== false)
  if (missing.length > 0) throw new Error(`A DecodeError lacks ${missing.join(', ')}: ${message}`, { cause: error })
}

const MAX_INT64 = 2n ** 63n - 1n

/** What encodes to the same integers as those that were rounded when they were decoded. */
export function encodable(fields: Fields, struct: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) copy[name] = encodableValue(field, struct[name])
  return copy
}

function encodableValue(field: AnyField, value: unknown): unknown {
  const { type } = field
  if (value === null) return null
  switch (type.kind) {
    case 'struct':
      return encodable(type.fields, value as Record<string, unknown>)
    case 'array':
      return (value as unknown[]).map((item) => encodableValue(type.element, item))
    case 'int64': {
      if (Number.isSafeInteger(value)) return value
      const exact = BigInt(value as number)
      return exact > MAX_INT64 ? MAX_INT64 : exact
    }
    default:
      return value
  }
}
