import type { ResponseOf } from '../../protocol/api.ts'
import { errorName } from '../../protocol/errors.ts'
import type { fetch } from '../../protocol/messages/fetch.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { meansStaleMetadata, UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { brokerError } from '../errors.ts'
import { Backoff, monotonicNow } from '../retry.ts'
import { AbortedTransactions } from './aborted-transactions.ts'
import { splitRecords } from './fetched-batch.ts'
import type { AskedPartition, FetcherEvents, FetcherOptions } from './fetcher.ts'
import type { AssignedPartition } from './partitions.ts'
import type { TroubleLog } from './trouble-log.ts'

type FetchResponse = ResponseOf<typeof fetch>
export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

export interface FetchContext {
  readonly cluster: Cluster
  readonly options: FetcherOptions
  readonly trouble: TroubleLog
  readonly events: FetcherEvents
  /** The broker that answered. */
  readonly broker: number
  readonly nodeEndpoints: FetchResponse['nodeEndpoints']
}

const NONE = 0
const OFFSET_OUT_OF_RANGE = 1
const CORRUPT_MESSAGE = 2

/** Decides what one partition's answer means for it. Here errors of fetching end: they become pauses, or the user's. */
export function judgeFetchedPartition(answer: PartitionAnswer, asked: AskedPartition, context: FetchContext): void {
  const { partition } = asked
  if (answer.errorCode === NONE) accept(answer, asked, context)
  else if (answer.errorCode === OFFSET_OUT_OF_RANGE) outOfRange(asked, context)
  else refuse(answer, partition, context)
}

function accept(answer: PartitionAnswer, { partition, offset }: AskedPartition, context: FetchContext): void {
  const { options, trouble, cluster } = context
  partition.highWatermark = answer.highWatermark
  partition.lastStableOffset = answer.lastStableOffset
  trouble.clear(aboutPartition(partition))
  if (answer.preferredReadReplica >= 0) {
    partition.preferredReplica = answer.preferredReadReplica
    partition.preferredReplicaUntil = monotonicNow() + cluster.options.metadataMaxAgeMs
    return
  }
  const aborted =
    options.isolationLevel === 'read_committed' ? new AbortedTransactions(answer.abortedTransactions ?? []) : null
  const records = answer.records ?? Buffer.alloc(0)
  const batches = splitRecords(partition, records, offset, aborted, options)
  const nextOffset = batches.reduce((next, batch) => Math.max(next, batch.nextOffset), offset)
  if (batches.length > 0 && nextOffset === offset) {
    // Nothing but what lies before the place, or unreadable bytes: asking again at once would be a hot loop.
    pause(partition, context)
  } else partition.failures = 0
  partition.enqueue(batches, nextOffset)
}

function outOfRange({ partition, offset }: AskedPartition, context: FetchContext): void {
  if (context.broker === partition.preferredReplica) {
    // A follower can lag behind, or have less of the log: only the leader's word counts.
    partition.preferredReplica = -1
    return
  }
  // What was fetched before, or is in the user's hands, is still good; the question comes up again after it.
  if (offset !== partition.processed) {
    pause(partition, context)
    return
  }
  partition.seekTo({ kind: 'policy', offset })
  context.events.positionLost()
}

function refuse(answer: PartitionAnswer, partition: AssignedPartition, context: FetchContext): void {
  const { cluster, trouble, nodeEndpoints } = context
  const { errorCode, currentLeader } = answer
  partition.preferredReplica = -1
  pause(partition, context)
  if (meansStaleMetadata(errorCode)) {
    if (currentLeader.leaderId >= 0) {
      const leader = { id: currentLeader.leaderId, epoch: currentLeader.leaderEpoch }
      const endpoints = nodeEndpoints.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }))
      cluster.updateLeader(partition.topic, partition.partition, leader, endpoints)
    }
    cluster.invalidate()
  }
  const error = brokerError(errorCode, `Fetching ${partition.key}`, {
    topic: partition.topic,
    partition: partition.partition,
    offset: partition.fetchOffset,
  })
  // A disk that damages a batch once does so again: the second time it is the user's to know.
  const curable = errorCode === CORRUPT_MESSAGE ? partition.failures < 2 : error.retriable
  if (curable || errorCode === UNKNOWN_SERVER_ERROR) {
    trouble.note(aboutPartition(partition), errorName(errorCode))
    return
  }
  partition.error = error
}

function aboutPartition(partition: AssignedPartition): string {
  return `Fetching ${partition.key} fails`
}

/** The partition is left alone for a while, longer each time. */
function pause(partition: AssignedPartition, { cluster }: FetchContext): void {
  const backoff = new Backoff(
    cluster.options.retryBackoffMs * 2 ** Math.min(partition.failures++, 20),
    cluster.options.retryBackoffMaxMs,
  )
  partition.retryAt = monotonicNow() + backoff.next()
}
