import type { ResponseOf } from '../../protocol/api.ts'
import { errorCode as errorCodeOf } from '../../protocol/errors.ts'
import { describeLogDirs as describeLogDirsApi } from '../../protocol/messages/describe-log-dirs.ts'
import type { RoutedBody } from '../cluster/cluster.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import { type BrokerError, brokerError } from '../errors.ts'
import { integer, invalidOption, mistyped } from '../options.ts'
import { askAllBrokers } from './all-brokers.ts'
import type { Call } from './call.ts'
import { everyResult, outcomeOf } from './outcomes.ts'

/** The log directories of one broker. */
export interface BrokerLogDirs {
  broker: number
  logDirs: LogDirDescription[]
}

/** A directory that a broker keeps partitions in. */
export interface LogDirDescription {
  path: string
  /** Why nothing is known of what is in it, as when its disk has failed: `KAFKA_STORAGE_ERROR`. */
  error: BrokerError | null
  replicas: LogDirReplica[]
  /** Size of the volume that it is on, in bytes; null from brokers before 3.3. */
  totalBytes: number | null
  /** What is free on it, in bytes; null from brokers before 3.3. */
  usableBytes: number | null
  /** Whether it gets no new partitions (KIP-1066); false from brokers before 4.4. */
  isCordoned: boolean
}

/** A replica in a log directory. */
export interface LogDirReplica extends TopicPartition {
  /** Of all its segments, in bytes. */
  size: number
  /** How far it is behind the high watermark, or, for a future replica, behind the one that it will replace. */
  offsetLag: number
  /** Whether it is being made to take the place of the replica in another directory of the same broker. */
  isFuture: boolean
}

/** DescribeLogDirs since this version says why it says nothing. */
const FIRST_WITH_ERROR = 3

/** @throws UsageError */
export function readBrokers(value: unknown): number[] | null {
  const path = 'admin.describeLogDirs(): brokerIds'
  if (value === null) return null
  if (!Array.isArray(value)) throw mistyped(path, 'an array of broker ids', value)
  const ids = value.map((id, i) => integer(0)(id, `${path}[${i}]`))
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i)
  if (repeated !== undefined) throw invalidOption(`${path} names ${repeated} twice`)
  return ids
}

/** @throws PartialFailureError whose results stand in the order of the brokers */
export async function describeLogDirs(call: Call, brokerIds: readonly number[] | null): Promise<BrokerLogDirs[]> {
  const outcomes =
    brokerIds === null
      ? await askAllBrokers(call, (broker) => {
          return describeAt(broker, (body) => call.sendOnce(describeLogDirsApi, body, broker))
        })
      : await Promise.all(brokerIds.map((broker) => outcomeOf(call, describeNamed(call, broker))))
  return everyResult('admin.describeLogDirs()', outcomes)
}

async function describeNamed(call: Call, broker: number): Promise<BrokerLogDirs> {
  await call.requireBroker(broker)
  return describeAt(broker, (body) => call.send(describeLogDirsApi, body, { broker }))
}

type Ask = (body: RoutedBody<typeof describeLogDirsApi>) => Promise<ResponseOf<typeof describeLogDirsApi>>

async function describeAt(broker: number, ask: Ask): Promise<BrokerLogDirs> {
  let spoken = Number.POSITIVE_INFINITY
  const { errorCode, results } = await ask((version) => {
    spoken = version
    return { topics: null }
  })
  // Each broker has a directory: one that tells of none, and cannot say why, forbids to see them.
  const forbidden = spoken < FIRST_WITH_ERROR && results.length === 0
  const code = forbidden ? errorCodeOf('CLUSTER_AUTHORIZATION_FAILED') : errorCode
  if (code !== 0) throw brokerError(code, `Log directories of broker ${broker}`)
  return { broker, logDirs: results.map(description) }
}

type Result = ResponseOf<typeof describeLogDirsApi>['results'][number]

function description({ errorCode, logDir, topics, totalBytes, usableBytes, isCordoned }: Result): LogDirDescription {
  return {
    path: logDir,
    error: errorCode === 0 ? null : brokerError(errorCode, `Log directory ${logDir}`),
    replicas: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => {
        return { topic: name, partition: partitionIndex, size: partitionSize, offsetLag, isFuture: isFutureKey }
      }),
    ),
    totalBytes: totalBytes === -1 ? null : totalBytes,
    usableBytes: usableBytes === -1 ? null : usableBytes,
    isCordoned,
  }
}
