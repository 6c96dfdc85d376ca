import type { AnyApi, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
import { DecodeError } from './errors.ts'
import { apiVersions } from './messages/api-versions.ts'
import { createPartitions } from './messages/create-partitions.ts'
import { createTopics } from './messages/create-topics.ts'
import { deleteTopics } from './messages/delete-topics.ts'
import { describeCluster } from './messages/describe-cluster.ts'
import { describeConfigs } from './messages/describe-configs.ts'
import { describeTopicPartitions } from './messages/describe-topic-partitions.ts'
import { fetch } from './messages/fetch.ts'
import { findCoordinator } from './messages/find-coordinator.ts'
import { heartbeat } from './messages/heartbeat.ts'
import { initProducerId } from './messages/init-producer-id.ts'
import { joinGroup } from './messages/join-group.ts'
import { leaveGroup } from './messages/leave-group.ts'
import { listOffsets } from './messages/list-offsets.ts'
import { metadata } from './messages/metadata.ts'
import { offsetCommit } from './messages/offset-commit.ts'
import { offsetFetch } from './messages/offset-fetch.ts'
import { offsetForLeaderEpoch } from './messages/offset-for-leader-epoch.ts'
import { produce } from './messages/produce.ts'
import { saslAuthenticate } from './messages/sasl-authenticate.ts'
import { saslHandshake } from './messages/sasl-handshake.ts'
import { syncGroup } from './messages/sync-group.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export type { AnyApi, Api, RequestInput, RequestOf, ResponseInput, ResponseOf } from './api.ts'
export * from './errors.ts'
export type { RequestHeader } from './header.ts'
export * from './records/index.ts'

/** Every API that is declared, by Kafka's name for it. */
export const apis = {
  ApiVersions: apiVersions,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DescribeCluster: describeCluster,
  DescribeConfigs: describeConfigs,
  DescribeTopicPartitions: describeTopicPartitions,
  Fetch: fetch,
  FindCoordinator: findCoordinator,
  Heartbeat: heartbeat,
  InitProducerId: initProducerId,
  JoinGroup: joinGroup,
  LeaveGroup: leaveGroup,
  ListOffsets: listOffsets,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  Produce: produce,
  SaslAuthenticate: saslAuthenticate,
  SaslHandshake: saslHandshake,
  SyncGroup: syncGroup,
} as const

/**
 * The body of a request, without its header.
 * @throws EncodeError naming the field
 */
export function encodeRequest<A extends AnyApi>(api: A, version: number, body: RequestInput<A>): Buffer {
  const writer = new Writer()
  api.encodeRequest(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a request, given without its header; it must be all that `bytes` holds.
 * @throws DecodeError naming field and position
 */
export function decodeRequest<A extends AnyApi>(api: A, version: number, bytes: Buffer): RequestOf<A> {
  const reader = new Reader(bytes)
  const body: RequestOf<A> = api.decodeRequest(reader, version)
  expectEnd(reader, `${api.name}Request`, api, version)
  return body
}

/**
 * The body of a response, without its header.
 * @throws EncodeError naming the field
 */
export function encodeResponse<A extends AnyApi>(api: A, version: number, body: ResponseInput<A>): Buffer {
  const writer = new Writer()
  api.encodeResponse(writer, version, body)
  return Buffer.concat(writer.finish())
}

/**
 * The body of a response, given without its header; it must be all that `bytes` holds.
 * @throws DecodeError naming field and position
 */
export function decodeResponse<A extends AnyApi>(api: A, version: number, bytes: Buffer): ResponseOf<A> {
  const reader = new Reader(bytes)
  const body: ResponseOf<A> = api.decodeResponse(reader, version)
  expectEnd(reader, `${api.name}Response`, api, version)
  return body
}

function expectEnd(reader: Reader, message: string, api: AnyApi, version: number): void {
  if (reader.remaining === 0) return
  throw new DecodeError(
    `Cannot decode ${message} v${version}, byte ${reader.position}: ${reader.remaining} bytes are left over`,
    { api: api.name, version, position: reader.position },
  )
}
