import type { AnyApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
import { expectEnd } from './message.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export type { AnyApi, Api, DeclaredApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
export * from './errors.ts'
export { FrameSplitter, type FrameSplitterOptions, sizePrefixed } from './frame-splitter.ts'
export {
  decodeRequestFrame,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  type RequestFrame,
  type RequestFrameInput,
  type ResponseFrame,
  type ResponseFrameInput,
  readCorrelationId,
  readRequestHeader,
} from './frames.ts'
export type { RequestHeader } from './header.ts'
export {
  type Assignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from './messages/consumer-protocol.ts'
export { type ApiName, apiByKey, apis, type KnownApi } from './messages/index.ts'
export {
  type CooperativeStickyUserData,
  decodeCooperativeStickyUserData,
  decodeStickyUserData,
  encodeCooperativeStickyUserData,
  encodeStickyUserData,
  type StickyUserData,
} from './messages/sticky-user-data.ts'
export * from './records/index.ts'
export { ZERO_UUID } from './uuid.ts'
export type { RecordsInput } from './writer.ts'

/**
 * The body of a request, without its header.
 * @throws EncodeError naming the field: a value that its type cannot hold, or one that this version has no place for; also
 *   on a version that is unknown here
 */
export function encodeRequest<A extends AnyApi>(api: A, version: number, body: RequestInput<A>): Buffer {
  const writer = new Writer()
  api.encodeRequest(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a request, given without its header; it must be all that `bytes` holds. Its Buffers are views of `bytes`.
 * @throws DecodeError naming field and position; also on a version that is unknown here
 */
export function decodeRequest<A extends AnyApi>(api: A, version: number, bytes: Buffer): RequestOf<A> {
  const reader = new Reader(bytes)
  const body: RequestOf<A> = api.decodeRequest(reader, version)
  expectEnd(reader, `${api.name}Request`, version)
  return body
}

/**
 * The body of a response, without its header.
 * @throws EncodeError naming the field: a value that its type cannot hold, or one that this version has no place for; also
 *   on a version that is unknown here
 */
export function encodeResponse<A extends AnyApi>(api: A, version: number, body: ResponseInput<A>): Buffer {
  const writer = new Writer()
  api.encodeResponse(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a response, given without its header; it must be all that `bytes` holds. Its Buffers are views of `bytes`.
 * @throws DecodeError naming field and position; also on a version that is unknown here
 */
export function decodeResponse<A extends AnyApi>(api: A, version: number, bytes: Buffer): ResponseOf<A> {
  const reader = new Reader(bytes)
  const body: ResponseOf<A> = api.decodeResponse(reader, version)
  expectEnd(reader, `${api.name}Response`, version)
  return body
}
