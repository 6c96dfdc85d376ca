import {
  type AnyApi,
  asDeclared,
  type DeclaredApi,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
} from './api.ts'
import { DecodeError, EncodeError } from './errors.ts'
import { leaving } from './field-path.ts'
import type { Fields } from './fields.ts'
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  type RequestHeader,
  skipHeaderTags,
} from './header.ts'
import { asBuffer } from './input-bytes.ts'
import { describe, expectEnd } from './message.ts'
import { answeredVersion, requireAnsweredVersion } from './messages/api-versions.ts'
import { apiByKey, type KnownApi } from './messages/index.ts'
import { Reader } from './reader.ts'
import { refuseUnknownNames } from './unknown-fields.ts'
import { notA, Writer } from './writer.ts'

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

/** A response of one API, read from a frame. */
export interface ResponseFrameOf<A extends KnownApi> {
  /** Kafka's name of the API, such as `Metadata`. */
  readonly apiName: A['name']
  readonly api: A
  /** The version that it is written in; see {@link decodeResponseFrame} for when it is not the requested one. */
  readonly version: number
  readonly correlationId: number
  readonly body: ResponseOf<A>
}

/** A response of any API, read from a frame. `apiName` tells the compiler what `body` is. */
export type ResponseFrame<A extends KnownApi = KnownApi> = A extends KnownApi ? ResponseFrameOf<A> : never

/** `A` if it is a union of APIs: only then is there something for `apiName` to tell. */
type OneOfSeveral<A, All = A> = A extends unknown ? ([All] extends [A] ? never : A) : never

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
export function readRequestHeader(frame: Uint8Array): RequestHeader {
  return decodeRequestHeader(new Reader(asBuffer(frame, 'A frame')))
}

/**
 * A whole request: header and body, which are all that `frame` holds. Bytes of the body are views of the frame.
 * @param frame without its length, as a `FrameSplitter` gives it
 * @throws DecodeError naming field and position; also on an API or a version that is unknown here: then
 *   {@link readRequestHeader} still tells which
 */
export function decodeRequestFrame(frame: Uint8Array): RequestFrame {
  const bytes = asBuffer(frame, 'A frame')
  try {
    return readRequest(new Reader(bytes))
  } catch (error) {
    throw suspectingLength(error, bytes)
  }
}

function readRequest(reader: Reader): RequestFrame {
  const { apiKey, apiVersion: version, correlationId, clientId } = decodeRequestHeader(reader)
  const api: AnyApi | undefined = apiByKey(apiKey)
  // What the header asks for and nobody here knows is said before the rest is taken for what it may not be.
  if (api === undefined) {
    const error = reader.error(`no API has the key ${apiKey}`, 0)
    throw describe(leaving('apiKey', error), 'RequestHeader', 1)
  }
  const { name, minVersion, maxVersion } = api
  if (version < minVersion || version > maxVersion) {
    const error = reader.error(
      `${name} has no version ${version}: versions ${minVersion} to ${maxVersion} are known`,
      2,
    )
    throw describe(leaving('apiVersion', error), `${name}Request`, version)
  }
  if (api.requestHeaderVersion(version) === 2) skipHeaderTags(reader)
  const body = api.decodeRequest(reader, version)
  expectEnd(reader, `${api.name}Request`, version)
  return { apiName: api.name, api, version, correlationId, clientId, body } as RequestFrame
}

/** Somebody who reads frames from a stream himself may have left the length in front, and what is read then makes no sense. */
function suspectingLength(error: unknown, frame: Buffer): unknown {
  if (!(error instanceof DecodeError) || frame.length < 8 || frame.readInt32BE(0) !== frame.length - 4) return error
  const hint = 'its first four bytes are the length of the rest: was it left in front of the frame?'
  return new DecodeError(`${error.message}; ${hint}`, { ...error })
}

/**
 * A whole request: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * request that was decoded are lost.
 * @throws EncodeError naming the field; also on a version that is unknown here, or a name that no field has
 */
export function encodeRequestFrame<A extends AnyApi>(request: RequestFrameInput<A>): Buffer
/**
 * As above, of what {@link decodeRequestFrame} gave for any API.
 */
export function encodeRequestFrame(request: RequestFrame): Buffer
export function encodeRequestFrame(request: RequestFrameInput<AnyApi>): Buffer {
  const { version, correlationId, clientId = null, body } = request ?? {}
  const api = checkedFrame(request, ['api', 'version', 'correlationId', 'clientId', 'body', 'apiName'], 'request')
  const writer = new Writer()
  encodeRequestHeader(writer, api, version, correlationId, clientId)
  api.request.encodeChecked(writer, version, body)
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
export function decodeResponseFrame<A extends KnownApi>(
  api: OneOfSeveral<A>,
  version: number,
  frame: Uint8Array,
): ResponseFrame<A>
export function decodeResponseFrame<A extends KnownApi>(api: A, version: number, frame: Uint8Array): ResponseFrameOf<A>
export function decodeResponseFrame(api: KnownApi, version: number, frame: Uint8Array): unknown {
  const { name, response, responseHeaderVersion } = asDeclared(api, DecodeError)
  const bytes = asBuffer(frame, 'A frame')
  const reader = new Reader(bytes)
  try {
    const answered = answeredVersion(api, version, bytes)
    const correlationId = decodeResponseHeader(reader, responseHeaderVersion(answered))
    const body = response.decode(reader, answered)
    expectEnd(reader, response.name, answered)
    return { apiName: name, api, version: answered, correlationId, body }
  } catch (error) {
    throw suspectingLength(error, bytes)
  }
}

/**
 * A whole response: header and body, without the length (`sizePrefixed` puts it in front). Unknown tagged fields of a
 * response that was decoded are lost.
 * @throws EncodeError naming the field; also on a version that is unknown here, or a name that no field has
 */
export function encodeResponseFrame<A extends AnyApi>(response: ResponseFrameInput<A>): Buffer
/**
 * As above, of what {@link decodeResponseFrame} gave for any API.
 */
export function encodeResponseFrame(response: ResponseFrame): Buffer
export function encodeResponseFrame(response: ResponseFrameInput<AnyApi>): Buffer {
  const { version, correlationId, body } = response ?? {}
  const api = checkedFrame(response, ['api', 'version', 'correlationId', 'body', 'apiName'], 'response')
  const writer = new Writer()
  try {
    requireAnsweredVersion(api, version, body)
  } catch (error) {
    throw describe(error, api.response.name, version)
  }
  try {
    encodeResponseHeader(writer, api.responseHeaderVersion(version), correlationId)
  } catch (error) {
    throw describe(leaving('correlationId', error), api.response.name, version)
  }
  api.response.encodeChecked(writer, version, body)
  return Buffer.concat(writer.finish())
}

/** The API of a frame that is to be encoded, once its own names and its version are known to be right. */
function checkedFrame(
  frame: { readonly api: AnyApi; readonly version: number },
  names: readonly string[],
  direction: 'request' | 'response',
): DeclaredApi<Fields, Fields> {
  if (typeof frame !== 'object' || frame === null || frame instanceof Uint8Array) throw notA('object', frame)
  const api = asDeclared(frame.api, EncodeError)
  const message = api[direction]
  message.requireVersion(frame.version, EncodeError)
  try {
    refuseUnknownNames(frame, names)
  } catch (error) {
    throw describe(error, message.name, frame.version)
  }
  return api
}

/**
 * The correlation id of a response, which stands first in every one.
 * @throws DecodeError if the frame is too short for it
 */
export function readCorrelationId(frame: Uint8Array): number {
  return decodeResponseHeader(new Reader(asBuffer(frame, 'A frame')), 0)
}
