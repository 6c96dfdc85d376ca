import type { AnyApi } from '../../protocol/api.ts'

/**
 * From which version on a broker answers at once when a quota is exceeded, and trusts the client to pause for the
 * throttle time (KIP-219). In older versions it held the answer back itself. APIs that are not listed are newer than that.
 */
const FIRST_VERSION: Readonly<Record<string, number>> = {
  Produce: 6,
  Fetch: 8,
  ListOffsets: 3,
  Metadata: 6,
  OffsetCommit: 4,
  OffsetFetch: 4,
  FindCoordinator: 2,
  JoinGroup: 3,
  Heartbeat: 2,
  LeaveGroup: 2,
  SyncGroup: 2,
  ApiVersions: 2,
  CreateTopics: 3,
  DeleteTopics: 2,
  InitProducerId: 1,
  CreatePartitions: 1,
  DescribeConfigs: 2,
}

export function throttledByClient(api: AnyApi, version: number): boolean {
  return version >= (FIRST_VERSION[api.name] ?? 0)
}
