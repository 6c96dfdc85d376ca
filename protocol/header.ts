import type { AnyApi } from './api.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** What stands in front of every request. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** Comes back in the response's header. */
  readonly correlationId: number
  readonly clientId: string | null
}

export function encodeRequestHeader(
  writer: Writer,
  api: AnyApi,
  version: number,
  correlationId: number,
  clientId: string | null,
): void {
  writer.writeInt16(api.key)
  writer.writeInt16(version)
  writer.writeInt32(correlationId)
  // Never compact, whatever the version: a broker must be able to read the header of a request it does not know.
  if (clientId === null) writer.writeInt16(-1)
  else writer.writeString(clientId)
  if (api.requestHeaderVersion(version) === 2) writer.writeUnsignedVarint(0)
}

/** Reads what all headers have in common; `skipTaggedFields` goes on once the API is known to be a flexible one. */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  return {
    apiKey: reader.readInt16(),
    apiVersion: reader.readInt16(),
    correlationId: reader.readInt32(),
    clientId: reader.readNullableString(),
  }
}

export function encodeResponseHeader(writer: Writer, headerVersion: 0 | 1, correlationId: number): void {
  writer.writeInt32(correlationId)
  if (headerVersion === 1) writer.writeUnsignedVarint(0)
}

/** @returns the correlation id */
export function decodeResponseHeader(reader: Reader, headerVersion: 0 | 1): number {
  const correlationId = reader.readInt32()
  if (headerVersion === 1) skipTaggedFields(reader)
  return correlationId
}

export function skipTaggedFields(reader: Reader): void {
  for (let count = reader.readUnsignedVarint(); count > 0; count--) {
    reader.readUnsignedVarint()
    reader.skip(reader.readUnsignedVarint())
  }
}
