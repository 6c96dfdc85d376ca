import type { AssignedPartition } from './partitions.ts'

/** What a consumer counts while it runs. */
export interface ConsumerCounters {
  fetches: number
  fetchedBytes: number
  records: number
  commits: number
  rebalances: number
}

/** Plain numbers under Java's names (`consumer-fetch-manager-metrics`, `consumer-coordinator-metrics`). */
export function consumerMetrics(
  partitions: Iterable<AssignedPartition>,
  counters: ConsumerCounters,
): Record<string, number> {
  let assigned = 0
  let maxLag = 0
  for (const { position, highWatermark } of partitions) {
    assigned++
    if (position >= 0 && highWatermark >= 0) maxLag = Math.max(maxLag, highWatermark - position)
  }
  return {
    'assigned-partitions': assigned,
    'records-lag-max': maxLag,
    'fetch-total': counters.fetches,
    'bytes-consumed-total': counters.fetchedBytes,
    'records-consumed-total': counters.records,
    'commit-total': counters.commits,
    'rebalance-total': counters.rebalances,
  }
}

export function noCounts(): ConsumerCounters {
  return { fetches: 0, fetchedBytes: 0, records: 0, commits: 0, rebalances: 0 }
}
