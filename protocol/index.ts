import type { AnyApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
import { expectEnd } from './message.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export type { AnyApi, Api, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
export * from './errors.ts'
export type { RequestHeader } from './header.ts'
export { apis } from './messages/index.ts'
export * from './records/index.ts'

/**
 * The body of a request, without its header.
 * @throws EncodeError naming the field
 */
export function encodeRequest<A extends AnyApi>(api: A, version: number, body: RequestInput<A>): Buffer {
  const writer = new Writer()
  api.encodeRequest(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a request, given without its header; it must be all that `bytes` holds.
 * @throws DecodeError naming field and position
 */
export function decodeRequest<A extends AnyApi>(api: A, version: number, bytes: Buffer): RequestOf<A> {
  const reader = new Reader(bytes)
  const body: RequestOf<A> = api.decodeRequest(reader, version)
  expectEnd(reader, `${api.name}Request`, version)
  return body
}

/**
 * The body of a response, without its header.
 * @throws EncodeError naming the field
 */
export function encodeResponse<A extends AnyApi>(api: A, version: number, body: ResponseInput<A>): Buffer {
  const writer = new Writer()
  api.encodeResponse(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a response, given without its header; it must be all that `bytes` holds.
 * @throws DecodeError naming field and position
 */
export function decodeResponse<A extends AnyApi>(api: A, version: number, bytes: Buffer): ResponseOf<A> {
  const reader = new Reader(bytes)
  const body: ResponseOf<A> = api.decodeResponse(reader, version)
  expectEnd(reader, `${api.name}Response`, version)
  return body
}
