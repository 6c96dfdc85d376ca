import { inspect } from 'node:util'
import type { DecodeError, EncodeError } from './errors.ts'
import type { Decoded, Encodable, Fields } from './fields.ts'
import { Message } from './message.ts'
import type { Reader } from './reader.ts'
import { shown } from './shown.ts'
import { noVersions, parseVersions } from './versions.ts'
import type { Writer } from './writer.ts'

/** One of Kafka's APIs: a request and its response, which both sides can encode and decode in every version. */
export interface Api<Request, RequestInput, Response, ResponseInput> {
  /** Number of the API on the wire. */
  readonly key: number
  /** Kafka's name, such as `CreateTopics`. */
  readonly name: string
  /** The oldest version that can be encoded and decoded. */
  readonly minVersion: number
  /** The newest one. */
  readonly maxVersion: number
  /** From this version on lengths are compact and fields can be tagged (KIP-482); `Infinity` if in none. */
  readonly firstFlexibleVersion: number
  /**
   * Kafka may still change `maxVersion`, and brokers refuse it unless they are told otherwise
   * (`unstable.api.versions.enable`). It can be encoded and decoded like any other; clients do not choose it by themselves.
   */
  readonly latestVersionUnstable: boolean
  /** 2 in flexible versions, whose header ends with tagged fields. */
  requestHeaderVersion(version: number): 1 | 2
  /** 1 in flexible versions, whose header ends with tagged fields; always 0 for ApiVersions. */
  responseHeaderVersion(version: number): 0 | 1
  /** @throws EncodeError naming the field */
  encodeRequest(writer: Writer, version: number, body: RequestInput): void
  /** @throws DecodeError naming field and position */
  decodeRequest(reader: Reader, version: number): Request
  /** @throws EncodeError naming the field */
  encodeResponse(writer: Writer, version: number, body: ResponseInput): void
  /** @throws DecodeError naming field and position */
  decodeResponse(reader: Reader, version: number): Response
  /** Its name: whoever prints a request wants to know which API it is of, and not how that is made. */
  toJSON(): string
}

// The bodies are inferred from each declaration; where APIs are handled alike, theirs do not matter.
export type AnyApi = Api<any, any, any, any>

/** What a request decodes to. */
export type RequestOf<A extends AnyApi> = A extends Api<infer Request, any, any, any> ? Request : never
/** What a request is encoded from: fields with a default may be left out. */
export type RequestInput<A extends AnyApi> = A extends Api<any, infer Input, any, any> ? Input : never
/** What a response decodes to. */
export type ResponseOf<A extends AnyApi> = A extends Api<any, any, infer Response, any> ? Response : never
/** What a response is encoded from: fields with a default may be left out. */
export type ResponseInput<A extends AnyApi> = A extends Api<any, any, any, infer Input> ? Input : never

export interface ApiDeclaration<Request extends Fields, Response extends Fields, Name extends string> {
  readonly key: number
  readonly name: Name
  /** In Kafka's notation, such as `0-13`. */
  readonly versions: string
  /** In Kafka's notation, such as `9+`, or `none`. */
  readonly flexible: string
  readonly latestVersionUnstable?: boolean
  readonly request: Request
  readonly response: Response
}

/** A broker answers ApiVersions with header version 0 always: the client may not have been understood (KIP-511). */
const API_VERSIONS_KEY = 18

/** An API with the declaration that it was made of, for those who compare or list declarations. */
export interface DeclaredApi<Request extends Fields, Response extends Fields, Name extends string = string>
  extends Api<Decoded<Request>, Encodable<Request>, Decoded<Response>, Encodable<Response>> {
  readonly name: Name
  readonly request: Message<Request>
  readonly response: Message<Response>
}

/**
 * The API, as it was declared.
 * @throws Refusal if it is none: from JavaScript, its name or number, or what a mistyped name led to
 */
export function asDeclared(api: AnyApi, Refusal: typeof DecodeError | typeof EncodeError): DeclaredApi<Fields, Fields> {
  const { request, response } = (api ?? {}) as Partial<DeclaredApi<Fields, Fields>>
  if (request instanceof Message && response instanceof Message) return api as DeclaredApi<Fields, Fields>
  const given: unknown = api
  const got = typeof given === 'string' ? `'${given.slice(0, 40)}'` : shown(given)
  throw new Refusal(`The API must be one of \`apis\`, such as \`apis.Metadata\`, got ${got}`)
}

export function defineApi<
  const Request extends Fields,
  const Response extends Fields,
  const Name extends string = string,
>(declaration: ApiDeclaration<Request, Response, Name>): DeclaredApi<Request, Response, Name> {
  const { key, name, latestVersionUnstable = false } = declaration
  const versions = parseVersions(declaration.versions)
  const flexible = declaration.flexible === 'none' ? noVersions : parseVersions(declaration.flexible)
  const request = new Message(`${name}Request`, versions, flexible, declaration.request)
  const response = new Message(`${name}Response`, versions, flexible, declaration.response)
  return {
    key,
    name,
    minVersion: versions.min,
    maxVersion: versions.max,
    firstFlexibleVersion: flexible.min,
    latestVersionUnstable,
    request,
    response,
    requestHeaderVersion: (version) => (version >= flexible.min ? 2 : 1),
    responseHeaderVersion: (version) => (version >= flexible.min && key !== API_VERSIONS_KEY ? 1 : 0),
    encodeRequest: (writer, version, body) => request.encode(writer, version, body),
    decodeRequest: (reader, version) => request.decode(reader, version),
    encodeResponse: (writer, version, body) => response.encode(writer, version, body),
    decodeResponse: (reader, version) => response.decode(reader, version),
    toJSON: () => name,
    // `console.log` would print the whole declaration, too.
    ...{ [inspect.custom]: () => `[Api ${name}]` },
  }
}
