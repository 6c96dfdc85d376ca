import {
  type AnyApi,
  asDeclared,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
} from './api.ts'
import { DecodeError, EncodeError } from './errors.ts'
import type { Fields } from './fields.ts'
import { asBuffer } from './input-bytes.ts'
import { expectEnd, type Message } from './message.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export type { AnyApi, Api, DeclaredApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
export { commonVersion, type SpokenVersions } from './common-version.ts'
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
  type ResponseFrameOf,
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
 * @throws EncodeError naming the field: a value that its type cannot hold, one that this version has no place for, or a
 *   name that no field has; also on a version that is unknown here
 */
export function encodeRequest<A extends AnyApi>(api: A, version: number, body: RequestInput<A>): Buffer {
  const writer = new Writer()
  asDeclared(api, EncodeError).request.encodeChecked(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a request, given without its header; it must be all that `bytes` holds. Its Buffers are views of `bytes`.
 * @throws DecodeError naming field and position; also on a version that is unknown here
 */
export function decodeRequest<A extends AnyApi>(api: A, version: number, bytes: Uint8Array): RequestOf<A> {
  return decodeWhole(asDeclared(api, DecodeError).request, version, bytes) as RequestOf<A>
}

/**
 * The body of a response, without its header.
 * @throws EncodeError naming the field: a value that its type cannot hold, one that this version has no place for, or a
 *   name that no field has; also on a version that is unknown here
 */
export function encodeResponse<A extends AnyApi>(api: A, version: number, body: ResponseInput<A>): Buffer {
  const writer = new Writer()
  asDeclared(api, EncodeError).response.encodeChecked(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a response, given without its header; it must be all that `bytes` holds. Its Buffers are views of `bytes`.
 * @throws DecodeError naming field and position; also on a version that is unknown here
 */
export function decodeResponse<A extends AnyApi>(api: A, version: number, bytes: Uint8Array): ResponseOf<A> {
  return decodeWhole(asDeclared(api, DecodeError).response, version, bytes) as ResponseOf<A>
}

function decodeWhole(message: Message<Fields>, version: number, bytes: Uint8Array): unknown {
  const reader = new Reader(asBuffer(bytes, 'A body'))
  const body = message.decode(reader, version)
  expectEnd(reader, message.name, version)
  return body
}
