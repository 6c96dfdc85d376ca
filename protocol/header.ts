import type { AnyApi } from './api.ts'
import { leaving } from './field-path.ts'
import { describe } from './message.ts'
import type { Reader } from './reader.ts'
import { skipTaggedFields } from './tagged-fields.ts'
import type { Writer } from './writer.ts'

/** What stands in front of every request. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** Comes back in the response's header. */
  readonly correlationId: number
  readonly clientId: string | null
}

/** @throws EncodeError naming the field */
export function encodeRequestHeader(
  writer: Writer,
  api: AnyApi,
  version: number,
  correlationId: number,
  clientId: string | null,
): void {
  writer.writeInt16(api.key)
  let field = 'apiVersion'
  try {
    writer.writeInt16(version)
    field = 'correlationId'
    writer.writeInt32(correlationId)
    field = 'clientId'
    // Never compact, whatever the version: a broker must be able to read the header of a request it does not know.
    if (clientId === null) writer.writeInt16(-1)
    else writer.writeString(clientId)
  } catch (error) {
    throw describe(leaving(field, error), `${api.name}Request`, version)
  }
  if (api.requestHeaderVersion(version) === 2) writer.writeUnsignedVarint(0)
}

/**
 * Reads what all headers have in common; `skipHeaderTags` goes on once the API is known to be a flexible one.
 * @throws DecodeError naming field and position
 */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  let field = 'apiKey'
  try {
    const apiKey = reader.readInt16()
    field = 'apiVersion'
    const apiVersion = reader.readInt16()
    field = 'correlationId'
    const correlationId = reader.readInt32()
    field = 'clientId'
    const clientId = reader.readNullableString()
    return { apiKey, apiVersion, correlationId, clientId }
  } catch (error) {
    throw describe(leaving(field, error), 'RequestHeader', 1)
  }
}

/**
 * Ends the header of a flexible request.
 * @throws DecodeError naming field and position
 */
export function skipHeaderTags(reader: Reader): void {
  try {
    skipTaggedFields(reader)
  } catch (error) {
    throw describe(error, 'RequestHeader', 2)
  }
}

export function encodeResponseHeader(writer: Writer, headerVersion: 0 | 1, correlationId: number): void {
  writer.writeInt32(correlationId)
  if (headerVersion === 1) writer.writeUnsignedVarint(0)
}

/**
 * @returns the correlation id
 * @throws DecodeError naming field and position
 */
export function decodeResponseHeader(reader: Reader, headerVersion: 0 | 1): number {
  try {
    const correlationId = readCorrelationId(reader)
    if (headerVersion === 1) skipTaggedFields(reader)
    return correlationId
  } catch (error) {
    throw describe(error, 'ResponseHeader', headerVersion)
  }
}

function readCorrelationId(reader: Reader): number {
  try {
    return reader.readInt32()
  } catch (error) {
    throw leaving('correlationId', error)
  }
}
