import type { AnyApi } from '../../protocol/api.ts'
import { type Fields, int16, int32, nullable, string } from '../../protocol/fields.ts'
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  skipHeaderTags,
} from '../../protocol/header.ts'
import { apis, decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../protocol/index.ts'
import type { Message } from '../../protocol/message.ts'
import {
  assignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  subscription,
} from '../../protocol/messages/consumer-protocol.ts'
import {
  cooperativeStickyUserData,
  decodeCooperativeStickyUserData,
  decodeStickyUserData,
  encodeCooperativeStickyUserData,
  encodeStickyUserData,
  stickyUserData,
} from '../../protocol/messages/sticky-user-data.ts'
import { Reader } from '../../protocol/reader.ts'
import { includesVersion, type VersionRange } from '../../protocol/versions.ts'
import { Writer } from '../../protocol/writer.ts'

export type Struct = Record<string, unknown>

/** A message that Kafka has a class for, too. */
export interface Subject {
  /** Kafka's name of the message, which its class has. */
  readonly name: string
  readonly versions: VersionRange
  readonly fields: Fields
  /** Kafka has no class for it, only a schema: there is nothing that has defaults or could refuse a value. */
  readonly isSchema?: boolean
  isFlexible(version: number): boolean
  encode(version: number, value: Struct): Buffer
  /** Throws also when something is left over. */
  decode(version: number, bytes: Buffer): Struct
}

/** The request and the response of every API, through the public functions. */
export function apiSubjects(api: AnyApi): Subject[] {
  const { request, response } = api as unknown as Record<'request' | 'response', unknown>
  return [
    {
      ...described(request),
      encode: (version, value) => encodeRequest(api, version, value),
      decode: (version, bytes) => decodeRequest(api, version, bytes),
    },
    {
      ...described(response),
      encode: (version, value) => encodeResponse(api, version, value),
      decode: (version, bytes) => decodeResponse(api, version, bytes),
    },
  ]
}

/** What is no API: headers, and what clients write into fields that are opaque to brokers. */
export function otherSubjects(): Subject[] {
  return [
    requestHeader,
    responseHeader,
    {
      ...described(subscription),
      encode: (version, value) => withoutVersion(version, encodeSubscription(version, value as never)),
      decode: (version, bytes) => decodeSubscription(withVersion(version, bytes)),
    },
    {
      ...described(assignment),
      encode: (version, value) => withoutVersion(version, encodeAssignment(version, value as never)),
      decode: (version, bytes) => decodeAssignment(withVersion(version, bytes)),
    },
    {
      ...described(stickyUserData),
      isSchema: true,
      encode: (version, value) => encodeStickyUserData(version, value as never),
      decode: (_, bytes) => decodeStickyUserData(bytes),
    },
    {
      ...described(cooperativeStickyUserData),
      isSchema: true,
      encode: (_, value) => encodeCooperativeStickyUserData(value as never),
      decode: (_, bytes) => decodeCooperativeStickyUserData(bytes),
    },
  ]
}

export const apiNames = Object.keys(apis) as (keyof typeof apis)[]

function described(declared: unknown): Pick<Subject, 'name' | 'versions' | 'fields' | 'isFlexible'> {
  // The types of the fields do not matter here.
  const message = declared as Message<Fields>
  const { name, versions, fields } = message
  return { name, versions, fields, isFlexible: (version) => includesVersion(message.flexible, version) }
}

/** Kafka's classes write no version; it is the first thing that clients write. */
function withVersion(version: number, bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeInt16BE(version)
  return Buffer.concat([prefix, bytes])
}

function withoutVersion(version: number, bytes: Buffer): Buffer {
  if (bytes.readInt16BE() !== version)
    throw new Error(`version ${bytes.readInt16BE()} stands before version ${version}`)
  return bytes.subarray(2)
}

const requestHeader: Subject = {
  name: 'RequestHeader',
  versions: { min: 1, max: 2 },
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: nullable(string()),
  },
  isFlexible: (version) => version === 2,
  encode(version, { requestApiKey, requestApiVersion, correlationId, clientId }) {
    const api = { key: requestApiKey, requestHeaderVersion: () => version } as unknown as AnyApi
    const [apiVersion, id] = [requestApiVersion as number, correlationId as number]
    return written((writer) => encodeRequestHeader(writer, api, apiVersion, id, clientId as string | null))
  },
  decode: (version, bytes) =>
    readWhole(bytes, (reader) => {
      const { apiKey, apiVersion, correlationId, clientId } = decodeRequestHeader(reader)
      if (version === 2) skipHeaderTags(reader)
      return { requestApiKey: apiKey, requestApiVersion: apiVersion, correlationId, clientId }
    }),
}

const responseHeader: Subject = {
  name: 'ResponseHeader',
  versions: { min: 0, max: 1 },
  fields: { correlationId: int32() },
  isFlexible: (version) => version === 1,
  encode: (version, { correlationId }) =>
    written((writer) => encodeResponseHeader(writer, version as 0 | 1, correlationId as number)),
  decode: (version, bytes) =>
    readWhole(bytes, (reader) => ({ correlationId: decodeResponseHeader(reader, version as 0 | 1) })),
}

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  write(writer)
  return Buffer.concat(writer.finish())
}

function readWhole(bytes: Buffer, read: (reader: Reader) => Struct): Struct {
  const reader = new Reader(bytes)
  const value = read(reader)
  if (reader.remaining > 0) throw reader.error(`${reader.remaining} bytes are left over`)
  return value
}
