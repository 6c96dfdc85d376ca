import type { AssignedPartition } from './partitions.ts'

/** What a consumer counts while it runs. */
export interface ConsumerCounters {
  fetches: number
  fetchedBytes: number
  records: number
  commits: number
  rebalances: number
}

/**
 * A consumer's figures since it was made, under the names of Java's `consumer-fetch-manager-metrics` and
 * `consumer-coordinator-metrics`.
 */
export interface ConsumerMetrics {
  'assigned-partitions': number
  'records-lag-max': number
  'fetch-total': number
  'bytes-consumed-total': number
  'records-consumed-total': number
  'commit-total': number
  'rebalance-total': number
}

export function consumerMetrics(partitions: Iterable<AssignedPartition>, counters: ConsumerCounters): ConsumerMetrics {
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
