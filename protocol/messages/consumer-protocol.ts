import { leaving } from '../field-path.ts'
import { array, bytes, type Decoded, type Encodable, int32, nullable, string, structs } from '../fields.ts'
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

/** The version, then the message in that version. */
export function encodeSubscription(version: number, value: Encodable<SubscriptionFields>): Buffer {
  const writer = new Writer()
  writer.writeInt16(version)
  subscription.encode(writer, version, value)
  return Buffer.concat(writer.finish())
}

/** @throws DecodeError */
export function decodeSubscription(data: Buffer): Subscription {
  const reader = new Reader(data)
  return subscription.decode(reader, knownVersion(reader, subscription.name))
}

/** The version, then the message in that version. */
export function encodeAssignment(version: number, value: Encodable<AssignmentFields>): Buffer {
  const writer = new Writer()
  writer.writeInt16(version)
  assignment.encode(writer, version, value)
  return Buffer.concat(writer.finish())
}

/** @throws DecodeError */
export function decodeAssignment(data: Buffer): Assignment {
  const reader = new Reader(data)
  return assignment.decode(reader, knownVersion(reader, assignment.name))
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
