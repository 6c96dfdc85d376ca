import type { AnyApi } from '../../protocol/api.ts'
import type { Fields } from '../../protocol/fields.ts'
import {
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  skipHeaderTags,
} from '../../protocol/header.ts'
import { apis } from '../../protocol/index.ts'
import { expectEnd, type Message } from '../../protocol/message.ts'
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
import { Writer } from '../../protocol/writer.ts'
import { sampleStruct } from '../unit/protocol/sample-values.ts'
import type { Dice } from './dice.ts'
import { type Sample, sampleOf } from './marking-writer.ts'
import type { Target } from './target.ts'
import { judge, judgeRoundTrip } from './verdict.ts'

const SAMPLES = 4
/** Room for the pool that Node cuts small buffers from; what is encoded again is a few KB. */
const MAX_EXTERNAL_BYTES = 512 * 1024

/** Every API, in each version and direction. */
export function apiTargets(): Target[] {
  return Object.values(apis).flatMap(({ name, minVersion, maxVersion, request, response }) =>
    versionsOf(minVersion, maxVersion).flatMap((version) => [
      messageTarget(name, 'request', request as Message<Fields>, version),
      messageTarget(name, 'response', response as Message<Fields>, version),
    ]),
  )
}

function messageTarget(api: string, direction: string, message: Message<Fields>, version: number): Target {
  return {
    api,
    direction,
    version,
    maxExternalBytes: MAX_EXTERNAL_BYTES,
    samples: (dice) => messageSamples(message, version, dice, false),
    judge: (bytes) => judge(message, version, bytes),
  }
}

/** What members of a classic group tell one another. */
export function groupMemberTargets(): Target[] {
  return [...consumerProtocolTargets(), ...userDataTargets()]
}

function consumerProtocolTargets(): Target[] {
  return versionsOf(0, 3).flatMap((version) => [
    {
      api: subscription.name,
      direction: '',
      version,
      maxExternalBytes: MAX_EXTERNAL_BYTES,
      samples: (dice) => messageSamples(subscription as Message<Fields>, version, dice, true),
      judge: (bytes) =>
        judgeRoundTrip(bytes, decodeSubscription, (value) => encodeSubscription(knownVersion(bytes), value)),
    },
    {
      api: assignment.name,
      direction: '',
      version,
      maxExternalBytes: MAX_EXTERNAL_BYTES,
      samples: (dice) => messageSamples(assignment as Message<Fields>, version, dice, true),
      judge: (bytes) =>
        judgeRoundTrip(bytes, decodeAssignment, (value) => encodeAssignment(knownVersion(bytes), value)),
    },
  ])
}

function userDataTargets(): Target[] {
  const rest = { direction: '', maxExternalBytes: MAX_EXTERNAL_BYTES }
  return [
    ...[0, 1].map((version) => ({
      ...rest,
      api: stickyUserData.name,
      version,
      samples: (dice: Dice) => messageSamples(stickyUserData as Message<Fields>, version, dice, false),
      judge: (bytes: Buffer) => judgeRoundTrip(bytes, decodeStickyUserData, (value) => encodeStickyUserData(1, value)),
    })),
    {
      ...rest,
      api: cooperativeStickyUserData.name,
      version: 0,
      samples: (dice) => messageSamples(cooperativeStickyUserData as Message<Fields>, 0, dice, false),
      judge: (bytes) => judgeRoundTrip(bytes, decodeCooperativeStickyUserData, encodeCooperativeStickyUserData),
    },
  ]
}

function knownVersion(bytes: Buffer): number {
  return Math.min(bytes.readInt16BE(0), 3)
}

function messageSamples(message: Message<Fields>, version: number, dice: Dice, prefixed: boolean): Sample[] {
  return Array.from({ length: SAMPLES }, () =>
    sampleOf((writer) => {
      if (prefixed) writer.writeInt16(version)
      message.encode(writer, version, sampleStruct(message.fields, version, dice.random) as never)
    }),
  )
}

/** The headers of requests and responses, without and with tagged fields. */
export function headerTargets(): Target[] {
  const rest = { direction: '', maxExternalBytes: MAX_EXTERNAL_BYTES }
  return [
    ...([1, 2] as const).map((version) => ({
      ...rest,
      api: 'RequestHeader',
      version,
      samples: (dice: Dice) =>
        headerSamples(version === 2, dice, (writer, id) => writeRequestHeader(writer, version, id)),
      judge: (bytes: Buffer) =>
        judgeRoundTrip(
          bytes,
          (input) => {
            const reader = new Reader(input)
            const header = decodeRequestHeader(reader)
            if (version === 2) skipHeaderTags(reader)
            expectEnd(reader, 'RequestHeader', version)
            return header
          },
          ({ apiKey, apiVersion, correlationId, clientId }) => {
            const writer = new Writer()
            encodeRequestHeader(writer, headerOnly(apiKey, version), apiVersion, correlationId, clientId)
            return Buffer.concat(writer.finish())
          },
        ),
    })),
    ...([0, 1] as const).map((version) => ({
      ...rest,
      api: 'ResponseHeader',
      version,
      samples: (dice: Dice) =>
        headerSamples(version === 1, dice, (writer, id) => encodeResponseHeader(writer, version, id)),
      judge: (bytes: Buffer) =>
        judgeRoundTrip(
          bytes,
          (input) => {
            const reader = new Reader(input)
            const correlationId = decodeResponseHeader(reader, version)
            expectEnd(reader, 'ResponseHeader', version)
            return correlationId
          },
          (correlationId) => {
            const writer = new Writer()
            encodeResponseHeader(writer, version, correlationId)
            return Buffer.concat(writer.finish())
          },
        ),
    })),
  ]
}

function headerSamples(tagged: boolean, dice: Dice, write: (writer: Writer, correlationId: number) => void): Sample[] {
  const plain = sampleOf((writer) => write(writer, dice.below(1000)))
  if (!tagged) return [plain]
  // A count of two, then each field's tag, size and bytes.
  const twoTags = Buffer.concat([plain.bytes.subarray(0, -1), Buffer.from([2, 0, 3, 1, 2, 3, 9, 1, 7])])
  const start = plain.bytes.length - 1
  const marks = [0, 1, 2, 6, 7].map((step) => ({ at: start + step, kind: 'varint' as const }))
  return [plain, { bytes: twoTags, marks: [...plain.marks, ...marks] }]
}

function writeRequestHeader(writer: Writer, headerVersion: 1 | 2, correlationId: number): void {
  encodeRequestHeader(writer, headerOnly(3, headerVersion), 12, correlationId, 'client-ü')
}

/** As much of an API as its request's header depends on. */
function headerOnly(key: number, headerVersion: 1 | 2): AnyApi {
  return { key, requestHeaderVersion: () => headerVersion } as unknown as AnyApi
}

function versionsOf(min: number, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}
