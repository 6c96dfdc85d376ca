import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  apiByKey,
  apis,
  DecodeError,
  decodeRequestFrame,
  decodeResponseFrame,
  EncodeError,
  encodeRequest,
  encodeRequestFrame,
  encodeResponse,
  encodeResponseFrame,
  errorCode,
  type KnownApi,
  type RequestFrame,
  type RequestOf,
  type ResponseFrame,
  type ResponseOf,
  readCorrelationId,
  readRequestHeader,
} from '../../../protocol/index.ts'
import { seededRandom } from '../seeded-random.ts'
import { sampleStruct } from './sample-values.ts'

function thrown(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('an API is found by its key', () => {
  for (const api of Object.values<KnownApi>(apis)) expect(apiByKey(api.key)).toBe(api)
  expect(apiByKey(4)).toBeUndefined()
})

test.each(Object.values<KnownApi>(apis).map((api) => [api.name, api] as const))(
  'both frames of %s read as what was written, in every version',
  (_, api) => {
    const random = seededRandom(api.key)
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      const place = { api, version, correlationId: version }
      const request = { ...place, clientId: 'me', body: sampleStruct(api.request.fields, version, random) }
      const asked = encodeRequestFrame(request as RequestFrame)
      expect(decodeRequestFrame(asked)).toMatchObject({ apiName: api.name, ...request })
      const response = { ...place, body: sampleStruct(api.response.fields, version, random) }
      const answered = encodeResponseFrame(response as ResponseFrame)
      expect(decodeResponseFrame(api, version, answered)).toMatchObject({ apiName: api.name, ...response })
    }
  },
)

describe('a request', () => {
  const body = { topics: [{ name: 'rides' }], allowAutoTopicCreation: false }

  test('is header and body, and reads as what was written', () => {
    for (const version of [1, 8, 9, 13]) {
      const known = version >= 4 ? body : { topics: body.topics }
      const frame = encodeRequestFrame({ api: apis.Metadata, version, correlationId: 7, clientId: 'me', body: known })
      const request = decodeRequestFrame(frame)
      expect(request).toMatchObject({ apiName: 'Metadata', api: apis.Metadata, version, correlationId: 7 })
      expect(request).toMatchObject({ clientId: 'me', body: { topics: [{ name: 'rides' }] } })
      expect(encodeRequestFrame(request)).toEqual(frame)
      expect(readRequestHeader(frame)).toEqual({ apiKey: 3, apiVersion: version, correlationId: 7, clientId: 'me' })
    }
  })

  test('in bytes: key, version, correlation id, client id, and tagged fields where the version is flexible', () => {
    const request = { api: apis.Metadata, correlationId: 0x01020304, body: { topics: [] } }
    const plain = encodeRequestFrame({ ...request, version: 8 })
    expect(plain.toString('hex')).toBe(
      `0003000801020304ffff${encodeRequest(apis.Metadata, 8, request.body).toString('hex')}`,
    )
    const flexible = encodeRequestFrame({ ...request, version: 9, clientId: 'é' })
    const bytes = encodeRequest(apis.Metadata, 9, request.body).toString('hex')
    expect(flexible.toString('hex')).toBe(`00030009010203040002c3a900${bytes}`)
  })

  test('with bytes after it, or cut off, is a DecodeError that says where', () => {
    const frame = encodeRequestFrame({ api: apis.Metadata, version: 12, correlationId: 7, body })
    expect(thrown(() => decodeRequestFrame(Buffer.concat([frame, Buffer.alloc(2)])))).toMatchObject({
      name: 'DecodeError',
      api: 'Metadata',
      version: 12,
      position: frame.length,
    })
    for (let length = 0; length < frame.length; length++) {
      expect(thrown(() => decodeRequestFrame(frame.subarray(0, length)))).toBeInstanceOf(DecodeError)
    }
  })

  test('of an unknown API or version is a DecodeError, but its header can be read', () => {
    const frame = encodeRequestFrame({ api: apis.ApiVersions, version: 3, correlationId: 9, clientId: 'new', body: {} })
    frame.writeInt16BE(99, 2)
    expect(thrown(() => decodeRequestFrame(frame))).toMatchObject({
      name: 'DecodeError',
      message: expect.stringContaining('ApiVersions has no version 99'),
      field: 'apiVersion',
      position: 2,
    })
    expect(readRequestHeader(frame)).toEqual({ apiKey: 18, apiVersion: 99, correlationId: 9, clientId: 'new' })
    frame.writeInt16BE(4, 0)
    expect(thrown(() => decodeRequestFrame(frame))).toMatchObject({ name: 'DecodeError', field: 'apiKey', position: 0 })
  })

  test('that cannot be written is an EncodeError', () => {
    const request = { api: apis.Metadata, correlationId: 1, body }
    expect(thrown(() => encodeRequestFrame({ ...request, version: 3 }))).toMatchObject({
      name: 'EncodeError',
      field: 'allowAutoTopicCreation',
    })
    expect(thrown(() => encodeRequestFrame({ ...request, version: 99 }))).toBeInstanceOf(EncodeError)
  })

  test("has the types of its API's body", () => {
    const request = decodeRequestFrame(
      encodeRequestFrame({
        api: apis.Heartbeat,
        version: 4,
        correlationId: 1,
        body: { groupId: 'g', generationId: 1, memberId: 'm' },
      }),
    )
    if (request.apiName !== 'Heartbeat') throw new Error(request.apiName)
    expectTypeOf(request.body).toEqualTypeOf<RequestOf<typeof apis.Heartbeat>>()
    expect(request.body.generationId).toBe(1)
  })
})

describe('a response', () => {
  test('is header and body, and reads as what was written', () => {
    const body = { errorCode: 0, throttleTimeMs: 3 }
    for (const version of [1, 3, 4]) {
      const frame = encodeResponseFrame({ api: apis.Heartbeat, version, correlationId: 7, body })
      const response = decodeResponseFrame(apis.Heartbeat, version, frame)
      expectTypeOf(response.body).toEqualTypeOf<ResponseOf<typeof apis.Heartbeat>>()
      expect(response).toEqual({ apiName: 'Heartbeat', api: apis.Heartbeat, version, correlationId: 7, body })
      expect(encodeResponseFrame(response)).toEqual(frame)
      expect(readCorrelationId(frame)).toBe(7)
      const bytes = encodeResponse(apis.Heartbeat, version, body)
      expect(frame).toEqual(Buffer.concat([Buffer.from(version < 4 ? [0, 0, 0, 7] : [0, 0, 0, 7, 0]), bytes]))
    }
  })

  test('of any API tells the compiler which by its name', () => {
    const api: KnownApi = apis.Metadata as KnownApi
    const body = { brokers: [{ nodeId: 1, host: 'a', port: 9092 }], topics: [] }
    const frame = encodeResponseFrame({ api: apis.Metadata, version: 12, correlationId: 1, body })
    const response: ResponseFrame = decodeResponseFrame(api, 12, frame)
    if (response.apiName !== 'Metadata') throw new Error(response.apiName)
    for (const broker of response.body.brokers) broker.port += 10_000
    const changed = decodeResponseFrame(apis.Metadata, 12, encodeResponseFrame(response))
    expect(changed.body.brokers).toMatchObject([{ host: 'a', port: 19_092 }])
  })

  test('of ApiVersions has header version 0, and version 0 where the version is refused', () => {
    const body = { errorCode: 0, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }
    const known = encodeResponseFrame({ api: apis.ApiVersions, version: 4, correlationId: 7, body })
    expect(known).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 7]), encodeResponse(apis.ApiVersions, 4, body)]))
    expect(decodeResponseFrame(apis.ApiVersions, 4, known)).toMatchObject({ version: 4, correlationId: 7, body })
    const refusal = { ...body, errorCode: errorCode('UNSUPPORTED_VERSION') }
    const refused = encodeResponseFrame({ api: apis.ApiVersions, version: 0, correlationId: 7, body: refusal })
    expect(decodeResponseFrame(apis.ApiVersions, 5, refused)).toMatchObject({
      version: 0,
      correlationId: 7,
      body: refusal,
    })
    // In another version it would be read as what it is not.
    const wrong = () => encodeResponseFrame({ api: apis.ApiVersions, version: 3, correlationId: 7, body: refusal })
    expect(thrown(wrong)).toMatchObject({
      name: 'EncodeError',
      api: 'ApiVersions',
      version: 3,
      field: 'errorCode',
      message: expect.stringContaining('UNSUPPORTED_VERSION is answered in version 0'),
    })
  })

  test('with bytes after it, or cut off, is a DecodeError that says where', () => {
    const frame = encodeResponseFrame({ api: apis.Heartbeat, version: 4, correlationId: 1, body: { errorCode: 27 } })
    const longer = Buffer.concat([frame, Buffer.alloc(1)])
    expect(thrown(() => decodeResponseFrame(apis.Heartbeat, 4, longer))).toMatchObject({
      name: 'DecodeError',
      api: 'Heartbeat',
      version: 4,
      position: frame.length,
    })
    for (let length = 0; length < frame.length; length++) {
      const decode = () => decodeResponseFrame(apis.Heartbeat, 4, frame.subarray(0, length))
      expect(thrown(decode)).toBeInstanceOf(DecodeError)
    }
    expect(thrown(() => readCorrelationId(Buffer.alloc(3)))).toBeInstanceOf(DecodeError)
  })
})
