import { crc32, gzipSync } from 'node:zlib'

export interface OldMessage {
  magic?: 0 | 1
  offset: number
  timestamp?: number
  attributes?: number
  key?: Buffer | null
  value?: Buffer | null
}

/** A message of format 0 or 1, as nobody writes them any more; without fields, what is wrong on purpose. */
export function oldMessage({
  magic = 1,
  offset,
  timestamp = 0,
  attributes = 0,
  key = null,
  value = null,
}: OldMessage): Buffer {
  const head = Buffer.alloc(magic === 0 ? 18 : 26)
  head.writeBigInt64BE(BigInt(offset), 0)
  head[16] = magic
  head[17] = attributes
  if (magic === 1) head.writeBigInt64BE(BigInt(timestamp), 18)
  const message = Buffer.concat([head, field(key), field(value)])
  message.writeInt32BE(message.length - 12, 8)
  return withChecksum(message)
}

/** Those messages, gzipped in one at `offset`. */
export function wrapped(messages: Buffer[], outside: OldMessage): Buffer {
  return oldMessage({ attributes: 1, value: gzipSync(Buffer.concat(messages)), ...outside })
}

/** The message with the checksum that its bytes make now. */
export function withChecksum(message: Buffer): Buffer {
  message.writeUInt32BE(crc32(message.subarray(16)), 12)
  return message
}

function field(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes === null ? -1 : bytes.length)
  return bytes === null ? length : Buffer.concat([length, bytes])
}
