import { array, type Decoded, type Encodable, int32, string, structs } from '../fields.ts'
import { asBuffer } from '../input-bytes.ts'
import { expectEnd, Message } from '../message.ts'
import { Reader } from '../reader.ts'
import { noVersions, parseVersions } from '../versions.ts'
import { Writer } from '../writer.ts'

/**
 * What a member with Java's StickyAssignor writes into the user data of its subscription: what it was assigned before.
 * Kafka has no definition of it but the assignor's own code. No version stands before it.
 */
export const stickyUserData = new Message('StickyAssignorUserData', parseVersions('0-1'), noVersions, {
  previousAssignment: structs({ topic: string(), partitions: array(int32()) }),
  /** In which generation of the group; −1 if in none or unknown. */
  generation: int32({ versions: '1+', default: -1, ignorable: true }),
})

/** What a member with Java's CooperativeStickyAssignor writes into the user data of its subscription. */
export const cooperativeStickyUserData = new Message(
  'CooperativeStickyAssignorUserData',
  parseVersions('0'),
  noVersions,
  /** In which generation of the group its owned partitions were assigned; −1 if in none. */
  { generation: int32() },
)

export type StickyUserData = Decoded<typeof stickyUserData.fields>
export type CooperativeStickyUserData = Decoded<typeof cooperativeStickyUserData.fields>

/**
 * @param version 1, or 0 as before Kafka 2.3, which has no generation
 * @throws EncodeError naming the field
 */
export function encodeStickyUserData(version: number, value: Encodable<typeof stickyUserData.fields>): Buffer {
  const writer = new Writer()
  stickyUserData.encodeChecked(writer, version, value)
  return Buffer.concat(writer.finish())
}

/**
 * Reads both versions: what is long enough for a generation has one. Bytes after it are left unread, as in Java.
 * @throws DecodeError naming field and position
 */
export function decodeStickyUserData(data: Uint8Array): StickyUserData {
  const bytes = asBuffer(data, 'User data')
  const reader = new Reader(bytes)
  const value = stickyUserData.decode(reader, 0)
  return reader.remaining < 4 ? value : stickyUserData.decode(new Reader(bytes), 1)
}

/** @throws EncodeError */
export function encodeCooperativeStickyUserData(value: CooperativeStickyUserData): Buffer {
  const writer = new Writer()
  cooperativeStickyUserData.encodeChecked(writer, 0, value)
  return Buffer.concat(writer.finish())
}

/**
 * Takes nothing but a generation: librdkafka's cooperative-sticky members write what {@link decodeStickyUserData} reads, and
 * their number of topics is no generation (Java takes it for one).
 * @throws DecodeError naming field and position
 */
export function decodeCooperativeStickyUserData(data: Uint8Array): CooperativeStickyUserData {
  const reader = new Reader(asBuffer(data, 'User data'))
  const value = cooperativeStickyUserData.decode(reader, 0)
  expectEnd(reader, cooperativeStickyUserData.name, 0)
  return value
}
