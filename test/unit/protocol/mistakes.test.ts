import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  apis,
  DecodeError,
  decodeAssignment,
  decodeCooperativeStickyUserData,
  decodeRequest,
  decodeRequestFrame,
  decodeResponse,
  decodeResponseFrame,
  decodeStickyUserData,
  decodeSubscription,
  EncodeError,
  encodeAssignment,
  encodeCooperativeStickyUserData,
  encodeRequest,
  encodeRequestFrame,
  encodeResponse,
  encodeResponseFrame,
  encodeStickyUserData,
  encodeSubscription,
  errorCode,
  FrameSplitter,
  KafkaError,
  RecordBatchBuilder,
  readBatches,
  readCorrelationId,
  readRecords,
  readRequestHeader,
  sizePrefixed,
} from '../../../protocol/index.ts'

// What JavaScript lets pass and TypeScript does not, or not always.
const loose = (value: unknown): never => value as never

function thrown(action: () => unknown): KafkaError & { version?: number; field?: string; position?: number } {
  try {
    action()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const metadataRequest = { api: apis.Metadata, version: 12, correlationId: 7, clientId: 'me', body: { topics: null } }
const requestFrame = encodeRequestFrame(metadataRequest)
const heartbeat = { api: apis.Heartbeat, version: 4, correlationId: 7, body: { errorCode: 27 } }
const responseFrame = encodeResponseFrame(heartbeat)

describe('a name that no field has is refused, and the likeliest one is named', () => {
  const fetchBody = { maxWaitMs: 1, minBytes: 1, topics: [] }
  const owned = { topics: ['a'], ownedPartitions: [{ topic: 'a', partitions: [0], partitons: [] }] }
  test.each<[string, () => unknown, string, string | null]>([
    [
      'a flag',
      () => encodeRequest(apis.Metadata, 12, loose({ topics: null, allowAutoTopicCreate: false })),
      'allowAutoTopicCreate',
      'allowAutoTopicCreation',
    ],
    [
      'another case',
      () => encodeRequest(apis.Fetch, 12, loose({ ...fetchBody, isolationlevel: 1 })),
      'isolationlevel',
      'isolationLevel',
    ],
    [
      'in an array',
      () => encodeRequest(apis.Metadata, 12, loose({ topics: [{ nmae: 'a' }] })),
      'topics[0].nmae',
      'name',
    ],
    [
      'of a response',
      () => encodeResponse(apis.Heartbeat, 4, loose({ errorCode: 0, throttleTimeMS: 1 })),
      'throttleTimeMS',
      'throttleTimeMs',
    ],
    [
      'in a struct',
      () =>
        encodeResponse(
          apis.Produce,
          10,
          loose({
            responses: [
              {
                name: 'a',
                partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0, currentLeader: { leader: 1 } }],
              },
            ],
          }),
        ),
      'responses[0].partitionResponses[0].currentLeader.leader',
      'leaderId',
    ],
    [
      'nothing like it',
      () => encodeResponse(apis.Heartbeat, 4, loose({ errorCode: 0, zzzzzzzz: 1 })),
      'zzzzzzzz',
      null,
    ],
    [
      "in a frame's body",
      () => encodeRequestFrame({ ...metadataRequest, body: loose({ topics: null, allowAutoTopicCreate: false }) }),
      'allowAutoTopicCreate',
      'allowAutoTopicCreation',
    ],
    [
      'in a response frame',
      () => encodeResponseFrame({ ...heartbeat, body: loose({ errorCode: 0, throttleTimeMS: 1 }) }),
      'throttleTimeMS',
      'throttleTimeMs',
    ],
    ['of the frame', () => encodeRequestFrame(loose({ ...metadataRequest, clientID: 'me' })), 'clientID', 'clientId'],
    [
      'of a response frame',
      () => encodeResponseFrame(loose({ ...heartbeat, correlationID: 1 })),
      'correlationID',
      'correlationId',
    ],
    ['in a subscription', () => encodeSubscription(3, loose(owned)), 'ownedPartitions[0].partitons', 'partitions'],
    [
      'in an assignment',
      () => encodeAssignment(3, loose({ assignedPartitions: [], userdata: null })),
      'userdata',
      'userData',
    ],
    [
      'in user data',
      () => encodeStickyUserData(1, loose({ previousAssignment: [], generationId: 3 })),
      'generationId',
      'generation',
    ],
    [
      'in cooperative user data',
      () => encodeCooperativeStickyUserData(loose({ generation: 1, generatoin: 3 })),
      'generatoin',
      'generation',
    ],
  ])('%s', (_, action, field, meant) => {
    const error = thrown(action)
    expect(error).toBeInstanceOf(EncodeError)
    expect(error.field).toBe(field)
    const suggestion = meant === null ? '' : `; did you mean '${meant}'?`
    expect(error.message).toMatch(new RegExp(`, field .*: no such field${suggestion.replace('?', '\\?')}$`))
    expect(error.api).toBeDefined()
    expect(error.version).toBeDefined()
  })
})

describe('bytes', () => {
  const userData = encodeStickyUserData(1, { previousAssignment: [{ topic: 'a', partitions: [1] }], generation: 3 })
  const batch = new RecordBatchBuilder()
  batch.append(1_700_000_000_000, 'key', 'value', null)
  const records = batch.seal({ compression: 'none' }) as Buffer
  const readers: Array<[string, (bytes: Uint8Array) => unknown, Buffer]> = [
    [
      'decodeRequest',
      (bytes) => decodeRequest(apis.Metadata, 12, bytes),
      encodeRequest(apis.Metadata, 12, { topics: [{ name: 'rides' }] }),
    ],
    [
      'decodeResponse',
      (bytes) => decodeResponse(apis.SaslHandshake, 1, bytes),
      encodeResponse(apis.SaslHandshake, 1, { errorCode: 0, mechanisms: ['PLAIN'] }),
    ],
    ['decodeRequestFrame', (bytes) => decodeRequestFrame(bytes), requestFrame],
    ['decodeResponseFrame', (bytes) => decodeResponseFrame(apis.Heartbeat, 4, bytes), responseFrame],
    ['readRequestHeader', (bytes) => readRequestHeader(bytes), requestFrame],
    ['readCorrelationId', (bytes) => readCorrelationId(bytes), responseFrame],
    ['decodeSubscription', (bytes) => decodeSubscription(bytes), encodeSubscription(3, { topics: ['rides'] })],
    [
      'decodeAssignment',
      (bytes) => decodeAssignment(bytes),
      encodeAssignment(3, { assignedPartitions: [{ topic: 'rides', partitions: [1] }] }),
    ],
    ['decodeStickyUserData', (bytes) => decodeStickyUserData(bytes), userData],
    [
      'decodeCooperativeStickyUserData',
      (bytes) => decodeCooperativeStickyUserData(bytes),
      encodeCooperativeStickyUserData({ generation: 7 }),
    ],
    ['readBatches', (bytes) => [...readBatches(bytes)], records],
    [
      'FrameSplitter',
      (bytes) => {
        const frames: Buffer[] = []
        new FrameSplitter((frame) => frames.push(frame)).push(bytes)
        return frames
      },
      sizePrefixed(requestFrame),
    ],
  ]

  test.each(readers)('%s takes a plain Uint8Array as it takes a Buffer', (_, read, bytes) => {
    // Amid other memory, so that the place counts.
    const memory = new Uint8Array(bytes.length + 11)
    memory.set(bytes, 5)
    expect(read(memory.subarray(5, 5 + bytes.length))).toEqual(read(bytes))
  })

  test.each(readers)('%s refuses what is none', (_, read, bytes) => {
    for (const wrong of [bytes.toString('hex'), new Uint8Array(bytes).buffer, [...bytes], null, undefined]) {
      const error = thrown(() => read(loose(wrong)))
      expect(error).toBeInstanceOf(DecodeError)
      expect(error.message).toMatch(/Buffer or Uint8Array.*got (a string|an ArrayBuffer|an array|null|undefined)/)
    }
  })

  test('are not copied: what was decoded is a view of them', () => {
    const memory = new Uint8Array(encodeRequest(apis.SaslAuthenticate, 2, { authBytes: Buffer.from('secret') }))
    const { authBytes } = decodeRequest(apis.SaslAuthenticate, 2, memory)
    memory.fill(0x61)
    expect(String(authBytes)).toBe('aaaaaa')
  })

  test('instead of a batch are refused by readRecords', async () => {
    await expect(readRecords(loose(records))).rejects.toThrow(/readBatches.*got a Buffer/)
    await expect(readRecords(loose(undefined))).rejects.toThrow(DecodeError)
  })
})

describe('an API that is none is refused', () => {
  const wrong: Array<[unknown, string]> = [
    ['Metadata', "'Metadata'"],
    ['MetaData', "'MetaData'"],
    [3, '3'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
  ]
  test.each(wrong)('%o', (api, got) => {
    const body = loose({ topics: null })
    for (const action of [
      () => encodeRequest(loose(api), 12, body),
      () => encodeResponse(loose(api), 12, body),
      () => encodeRequestFrame(loose({ api, version: 12, correlationId: 1, body })),
      () => encodeResponseFrame(loose({ api, version: 12, correlationId: 1, body })),
      () => encodeRequestFrame(loose({ apiName: 'Metadata', api, version: 12, correlationId: 1, body })),
    ]) {
      const error = thrown(action)
      expect(error).toBeInstanceOf(EncodeError)
      expect(error.message).toBe(`The API must be one of \`apis\`, such as \`apis.Metadata\`, got ${got}`)
    }
    for (const action of [
      () => decodeRequest(loose(api), 12, requestFrame),
      () => decodeResponse(loose(api), 12, requestFrame),
      () => decodeResponseFrame(loose(api), 12, responseFrame),
    ]) {
      const error = thrown(action)
      expect(error).toBeInstanceOf(DecodeError)
      expect(error.message).toBe(`The API must be one of \`apis\`, such as \`apis.Metadata\`, got ${got}`)
    }
  })

  test('so is a frame that is no object', () => {
    expect(thrown(() => encodeRequestFrame(loose(undefined))).message).toContain('undefined is not an object')
    expect(thrown(() => encodeResponseFrame(loose(responseFrame))).message).toContain('a Buffer is not an object')
  })
})

test('an error name that is none is refused', () => {
  expect(thrown(() => errorCode(loose('NOPE')))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(thrown(() => errorCode(loose('REBALANCE_IN_PROGESS'))).message).toBe(
    "No error code has the name 'REBALANCE_IN_PROGESS'; did you mean 'REBALANCE_IN_PROGRESS'?",
  )
  expect(thrown(() => errorCode(loose('toString'))).message).toContain("'toString'")
  expect(thrown(() => errorCode(loose(27))).message).toContain('27')
  expect(errorCode('NONE')).toBe(0)
})

describe('an error says where', () => {
  const place = { api: 'Metadata', version: 12 }
  test.each<[string, () => unknown, object, string]>([
    [
      'no correlation id',
      () => encodeRequestFrame(loose({ ...metadataRequest, correlationId: undefined })),
      { ...place, field: 'correlationId' },
      'Cannot encode MetadataRequest v12, field correlationId: undefined is not a 32-bit integer',
    ],
    [
      'a correlation id of 64 bits',
      () => encodeResponseFrame({ ...heartbeat, correlationId: 2 ** 40 }),
      { api: 'Heartbeat', version: 4, field: 'correlationId' },
      'Cannot encode HeartbeatResponse v4, field correlationId: 1099511627776 is not a 32-bit integer',
    ],
    [
      'a client id that is a number',
      () => encodeRequestFrame(loose({ ...metadataRequest, clientId: 5 })),
      { ...place, field: 'clientId' },
      'Cannot encode MetadataRequest v12, field clientId: 5 is not a string',
    ],
    [
      'no version',
      () => encodeRequestFrame(loose({ ...metadataRequest, version: undefined })),
      { api: 'Metadata' },
      'MetadataRequest has no version undefined: versions 0 to 13 are known',
    ],
    [
      'a version as text',
      () => encodeRequest(apis.Metadata, loose('12'), { topics: null }),
      { api: 'Metadata' },
      "MetadataRequest has no version '12' (a string): versions 0 to 13 are known",
    ],
    [
      'an unknown version',
      () => encodeResponseFrame({ ...heartbeat, version: 99 }),
      { api: 'Heartbeat', version: 99 },
      'HeartbeatResponse has no version 99: versions 0 to 4 are known',
    ],
    [
      'no version of a subscription',
      () => encodeSubscription(loose({ topics: ['a'] }), loose(undefined)),
      { api: 'ConsumerProtocolSubscription' },
      'ConsumerProtocolSubscription has no version an object: versions 0 to 3 are known',
    ],
    [
      'an unknown version of an assignment',
      () => encodeAssignment(4, { assignedPartitions: [] }),
      { api: 'ConsumerProtocolAssignment', version: 4 },
      'ConsumerProtocolAssignment has no version 4: versions 0 to 3 are known',
    ],
    [
      'a bigint for a small integer',
      () => encodeResponse(apis.Heartbeat, 4, loose({ errorCode: 27n })),
      { field: 'errorCode' },
      'field errorCode: 27n is not a 16-bit integer',
    ],
    [
      'a bigint beyond 64 bits',
      () => encodeRequest(apis.RenewDelegationToken, 2, { hmac: Buffer.alloc(1), renewPeriodMs: 2n ** 63n }),
      { field: 'renewPeriodMs' },
      'field renewPeriodMs: 9223372036854775808n is not a 64-bit integer',
    ],
    [
      'an object for a list',
      () => encodeRequest(apis.Metadata, 12, loose({ topics: {} })),
      { field: 'topics' },
      'field topics: an object is not an array',
    ],
    [
      'a field that is not there',
      () => encodeRequest(apis.Heartbeat, 4, loose({ groupId: 'g', generationId: 1 })),
      { field: 'memberId' },
      'field memberId: no value is given, and it has no default',
    ],
    [
      'no body',
      () => encodeRequest(apis.Heartbeat, 4, loose(undefined)),
      { api: 'Heartbeat' },
      'Cannot encode HeartbeatRequest v4: undefined is not an object',
    ],
    [
      'a uuid with bits too many',
      () => encodeRequest(apis.Metadata, 12, { topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAB', name: null }] }),
      { field: 'topics[0].topicId' },
      '"AAAAAAAAAAAAAAAAAAAAAB" is not a uuid: the last of the 22 characters can only be A, Q, g or w',
    ],
    [
      'a uuid in hex',
      () =>
        encodeRequest(apis.Metadata, 12, { topics: [{ topicId: '00000000-0000-0000-0000-000000000000', name: null }] }),
      { field: 'topics[0].topicId' },
      'is not a uuid of 22 base64url characters',
    ],
  ])('%s', (_, action, details, message) => {
    const error = thrown(action)
    expect(error).toBeInstanceOf(EncodeError)
    expect(error).toMatchObject(details)
    expect(error.message).toContain(message)
  })

  test('text is never shown: it may be a password', () => {
    const body = { authBytes: loose('hunter2') }
    expect(thrown(() => encodeRequest(apis.SaslAuthenticate, 2, body)).message).not.toContain('hunter2')
  })

  test('a request of an unknown version names API and version', () => {
    const frame = Buffer.from(requestFrame)
    frame.writeInt16BE(99, 2)
    expect(thrown(() => decodeRequestFrame(frame))).toMatchObject({
      ...{ name: 'DecodeError', api: 'Metadata', version: 99, field: 'apiVersion', position: 2 },
      message: expect.stringContaining('Metadata has no version 99: versions 0 to 13 are known'),
    })
  })

  test('bytes that are left over are counted', () => {
    const error = thrown(() => decodeRequestFrame(Buffer.concat([requestFrame, Buffer.alloc(2)])))
    expect(error).toMatchObject({ ...place, position: requestFrame.length })
    expect(error.message).toContain(`byte ${requestFrame.length}: 2 bytes are left over after the last field`)
  })

  test('a length that still stands in front of the frame is suspected', () => {
    const hint = /its first four bytes are the length of the rest: was it left in front of the frame\?$/
    for (const action of [
      () => decodeRequestFrame(sizePrefixed(requestFrame)),
      () => decodeResponseFrame(apis.Heartbeat, 4, sizePrefixed(responseFrame)),
    ]) {
      const error = thrown(action)
      expect(error).toBeInstanceOf(DecodeError)
      expect(error.position).toBeDefined()
      expect(error.message).toMatch(hint)
    }
    expect(thrown(() => decodeRequestFrame(requestFrame.subarray(0, 9))).message).not.toMatch(hint)
  })
})

describe('an API', () => {
  test('prints as its name', () => {
    const request = decodeRequestFrame(requestFrame)
    expect(inspect(request)).toContain('api: [Api Metadata]')
    expect(inspect(request).split('\n').length).toBeLessThan(15)
    expect(JSON.parse(JSON.stringify(request))).toMatchObject({ apiName: 'Metadata', api: 'Metadata', version: 12 })
  })
})
