import type { AnyApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
import { leaving } from './field-path.ts'
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  type RequestHeader,
  skipTaggedFields,
} from './header.ts'
import { describe, expectEnd } from './message.ts'
import { answeredVersion } from './messages/api-versions.ts'
import { apiByKey, type KnownApi } from './messages/index.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** A request, read from a frame. `apiName` tells the compiler what `body` is. */
export type RequestFrame<A extends KnownApi = KnownApi> = A extends KnownApi
  ? {
      /** Kafka's name of the API, such as `Metadata`. */
      readonly apiName: A['name']
      readonly api: A
      readonly version: number
      /** Comes back in the response. */
      readonly correlationId: number
      readonly clientId: string | null
      readonly body: RequestOf<A>
    }
  : never

/** What a request's frame is made of; what {@link decodeRequestFrame} gives is that, too. */
export interface RequestFrameInput<A extends AnyApi> {
  readonly api: A
  readonly version: number
  /** Comes back in the response: a 32-bit number that no other open request of the connection has. */
  readonly correlationId: number
  /** Default null. */
  readonly clientId?: string | null
  readonly body: RequestInput<A>
}

/** A response, read from a frame. `apiName` tells the compiler what `body` is. */
export type ResponseFrame<A extends KnownApi = KnownApi> = A extends KnownApi
  ? {
      /** Kafka's name of the API, such as `Metadata`. */
      readonly apiName: A['name']
      readonly api: A
      /** The version that it is written in; see {@link decodeResponseFrame} for when it is not the requested one. */
      readonly version: number
      readonly correlationId: number
      readonly body: ResponseOf<A>
    }
  : never

/** What a response's frame is made of; what {@link decodeResponseFrame} gives is that, too. */
export interface ResponseFrameInput<A extends AnyApi> {
  readonly api: A
  readonly version: number
  readonly correlationId: number
  readonly body: ResponseInput<A>
}

/**
 * The beginning of a request, which has the same form in every API and version, those unknown here among them.
 * @param frame without its length
 * @throws DecodeError naming field and position
 */
export function readRequestHeader(frame: Buffer): RequestHeader {
  return decodeRequestHeader(new Reader(frame))
}

/**
 * A whole request: header and body, which are all that `frame` holds. Bytes of the body are views of the frame.
 * @param frame without its length, as a `FrameSplitter` gives it
 * @throws DecodeError naming field and position; also on an API or a version that is unknown here: then
 *   {@link readRequestHeader} still tells which
 */
export function decodeRequestFrame(frame: Buffer): RequestFrame {
  const reader = new Reader(frame)
  const { apiKey, apiVersion: version, correlationId, clientId } = decodeRequestHeader(reader)
  const api: AnyApi | undefined = apiByKey(apiKey)
  if (api === undefined) throw unknown(reader, 'apiKey', 0, `no API has the key ${apiKey}`)
  const { name, minVersion, maxVersion } = api
  if (version < minVersion || version > maxVersion) {
    const known = `versions ${minVersion} to ${maxVersion} are known`
    throw unknown(reader, 'apiVersion', 2, `${name} has no version ${version}: ${known}`)
  }
  if (api.requestHeaderVersion(version) === 2) skipTaggedFields(reader)
  const body = api.decodeRequest(reader, version)
  expectEnd(reader, `${api.name}Request`, version)
  return { apiName: api.name, api, version, correlationId, clientId, body } as RequestFrame
}

/** What the header asks for and nobody here knows: said before the rest of the header is taken for what it may not be. */
function unknown(reader: Reader, field: string, position: number, message: string): unknown {
  return describe(leaving(field, reader.error(message, position)), 'RequestHeader', 1)
}

/**
 * A whole request: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * request that was decoded are lost.
 * @throws EncodeError naming the field
 */
export function encodeRequestFrame(request: RequestFrame): Buffer
/**
 * A whole request: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * request that was decoded are lost.
 * @throws EncodeError naming the field
 */
export function encodeRequestFrame<A extends AnyApi>(request: RequestFrameInput<A>): Buffer
export function encodeRequestFrame(request: RequestFrameInput<AnyApi>): Buffer {
  const { api, version, correlationId, clientId = null, body } = request
  const writer = new Writer()
  encodeRequestHeader(writer, api, version, correlationId, clientId)
  api.encodeRequest(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * A whole response: header and body, which are all that `frame` holds. Bytes of the body are views of the frame. A
 * response does not say what it answers: `api` and `version` are those of the request with its correlation id.
 *
 * A broker that does not know the requested version of ApiVersions answers in version 0, with the error code
 * UNSUPPORTED_VERSION (KIP-511): then this `version` is 0.
 * @param frame without its length, as a `FrameSplitter` gives it
 * @throws DecodeError naming field and position
 */
export function decodeResponseFrame<A extends KnownApi>(api: A, version: number, frame: Buffer): ResponseFrame<A> {
  const reader = new Reader(frame)
  const answered = answeredVersion(api, version, frame)
  const correlationId = decodeResponseHeader(reader, api.responseHeaderVersion(answered))
  const body = api.decodeResponse(reader, answered)
  expectEnd(reader, `${api.name}Response`, answered)
  return { apiName: api.name, api, version: answered, correlationId, body } as ResponseFrame<A>
}

/**
 * A whole response: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * response that was decoded are lost.
 * @throws EncodeError naming the field
 */
export function encodeResponseFrame(response: ResponseFrame): Buffer
/**
 * A whole response: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * response that was decoded are lost.
 * @throws EncodeError naming the field
 */
export function encodeResponseFrame<A extends AnyApi>(response: ResponseFrameInput<A>): Buffer
export function encodeResponseFrame(response: ResponseFrameInput<AnyApi>): Buffer {
  const { api, version, correlationId, body } = response
  const writer = new Writer()
  encodeResponseHeader(writer, api.responseHeaderVersion(version), correlationId)
  api.encodeResponse(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The correlation id of a response, which stands first in every one.
 * @throws DecodeError if the frame is too short for it
 */
export function readCorrelationId(frame: Buffer): number {
  return decodeResponseHeader(new Reader(frame), 0)
}
