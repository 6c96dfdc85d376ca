import { DecodeError, EncodeError } from '../errors.ts'
import { leaving } from '../field-path.ts'
import { array, bytes, type Decoded, type Encodable, type Fields, int32, nullable, string, structs } from '../fields.ts'
import { asBuffer } from '../input-bytes.ts'
import { describe, Message } from '../message.ts'
import { Reader } from '../reader.ts'
import { noVersions, parseVersions } from '../versions.ts'
import { Writer } from '../writer.ts'

const versions = parseVersions('0-3')

/** What a consumer tells the leader of its classic group when it joins. Opaque to brokers. */
export const subscription = new Message('ConsumerProtocolSubscription', versions, noVersions, {
  topics: array(string()),
  userData: nullable(bytes({ default: null })),
  ownedPartitions: structs({ topic: string(), partitions: array(int32()) }, { versions: '1+', ignorable: true }),
  generationId: int32({ versions: '2+', default: -1, ignorable: true }),
  rackId: nullable(string({ versions: '3+', default: null, ignorable: true })),
})

/** What the leader of a classic group assigns to one consumer. Opaque to brokers. */
export const assignment = new Message('ConsumerProtocolAssignment', versions, noVersions, {
  assignedPartitions: structs({ topic: string(), partitions: array(int32()) }),
  userData: nullable(bytes({ default: null })),
})

type SubscriptionFields = typeof subscription.fields
type AssignmentFields = typeof assignment.fields
export type Subscription = Decoded<SubscriptionFields>
export type Assignment = Decoded<AssignmentFields>

/**
 * The version, then the message in that version.
 * @throws EncodeError naming the field; also on a version that is unknown here, or a name that no field has
 */
export function encodeSubscription(version: number, value: Encodable<SubscriptionFields>): Buffer {
  return withVersion(subscription, version, value)
}

/**
 * Bytes that end where a later version would go on are of the earlier one, whatever they say: some clients write a newer
 * version than they know the fields of (segmentio/kafka-go 1156).
 * @throws DecodeError
 */
export function decodeSubscription(data: Uint8Array): Subscription {
  const reader = new Reader(asBuffer(data, 'A subscription'))
  const version = knownVersion(reader, subscription.name)
  const start = reader.position
  try {
    return subscription.decode(reader, version)
  } catch (error) {
    for (let earlier = version - 1; earlier >= 0; earlier--) {
      const whole = decodeWhole(new Reader(reader.buffer, start), earlier)
      if (whole !== null) return whole
    }
    throw error
  }
}

/** The subscription in a version that uses all bytes; null if it is none. */
function decodeWhole(reader: Reader, version: number): Subscription | null {
  try {
    const value = subscription.decode(reader, version)
    return reader.remaining === 0 ? value : null
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return null
  }
}

/**
 * The version, then the message in that version.
 * @throws EncodeError naming the field; also on a version that is unknown here, or a name that no field has
 */
export function encodeAssignment(version: number, value: Encodable<AssignmentFields>): Buffer {
  return withVersion(assignment, version, value)
}

/** @throws DecodeError */
export function decodeAssignment(data: Uint8Array): Assignment {
  const reader = new Reader(asBuffer(data, 'An assignment'))
  return assignment.decode(reader, knownVersion(reader, assignment.name))
}

function withVersion<F extends Fields>(message: Message<F>, version: number, value: Encodable<F>): Buffer {
  message.requireVersion(version, EncodeError)
  const writer = new Writer()
  writer.writeInt16(version)
  message.encodeChecked(writer, version, value)
  return Buffer.concat(writer.finish())
}

/**
 * Members may be newer than this client: later versions only add fields at the end, which are left unread. So is what
 * follows a known version, as in Java: one member that writes too much must not keep its whole group from working.
 */
function knownVersion(reader: Reader, message: string): number {
  const start = reader.position
  try {
    const version = reader.readInt16()
    if (version < 0) throw reader.error(`${version} is not a version of the consumer protocol`, start)
    return Math.min(version, versions.max)
  } catch (error) {
    throw describe(leaving('version', error), message, versions.max)
  }
}
