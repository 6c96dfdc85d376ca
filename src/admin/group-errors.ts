import { type BrokerErrorName, errorName } from '../../protocol/errors.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { type BrokerError, brokerError } from '../errors.ts'

export type Meanings = Readonly<Partial<Record<BrokerErrorName | 'NONE', string>>>

/** What codes mean of groups, where Kafka's table says nothing. */
const GENERAL: Meanings = {
  GROUP_ID_NOT_FOUND: 'there is no such consumer group',
  NON_EMPTY_GROUP: 'it still has members',
}

/**
 * What a coordinator refuses about a group.
 * @param message the coordinator's own words, if it has any
 * @param meanings what codes mean in this call, where their general meaning would mislead; the coordinator's words go first
 */
export function groupError(
  errorCode: number,
  groupId: string,
  { message, meanings = {} }: { message?: string | null; meanings?: Meanings } = {},
): BrokerError {
  const name = errorName(errorCode)
  const resource = name === 'GROUP_AUTHORIZATION_FAILED' ? { resource: groupId } : {}
  return brokerError(errorCode, `Group '${groupId}'`, {
    ...resource,
    message: message || meanings[name] || GENERAL[name],
  })
}

/** What a coordinator refuses about a group and one partition. */
export function groupPartitionError(
  errorCode: number,
  groupId: string,
  { topic, partition }: TopicPartition,
  meanings: Meanings = {},
): BrokerError {
  const name = errorName(errorCode)
  const resource = name === 'GROUP_AUTHORIZATION_FAILED' ? { resource: groupId } : {}
  return brokerError(errorCode, `Group '${groupId}', ${partitionKey(topic, partition)}`, {
    ...resource,
    topic,
    partition,
    message: meanings[name] || GENERAL[name],
  })
}

/** Of topics, what a coordinator answers about each partition. */
type TopicAnswers = ReadonlyArray<{
  readonly name: string
  readonly partitions: ReadonlyArray<{ readonly partitionIndex: number; readonly errorCode: number }>
}>

/** The error of each partition that was asked about, in the order asked; null where there is none. */
export function groupRefusals(
  groupId: string,
  partitions: readonly TopicPartition[],
  topics: TopicAnswers,
  meanings: Meanings,
): Array<BrokerError | null> {
  const codes = new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [partitionKey(name, partitionIndex), errorCode]),
    ),
  )
  return partitions.map((each) => {
    const code = codes.get(partitionKey(each.topic, each.partition)) ?? UNKNOWN_SERVER_ERROR
    return code === 0 ? null : groupPartitionError(code, groupId, each, meanings)
  })
}
