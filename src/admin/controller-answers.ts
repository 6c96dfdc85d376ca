import { NOT_CONTROLLER, UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { type BrokerError, brokerError } from '../errors.ts'

/** What the controller says about one partition. */
export interface PartitionAnswer extends TopicPartition {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** For `cluster.send`: the code by which the broker turns out not to be the controller any more. */
export function notController(errorCode: number, answers: ReadonlyArray<{ readonly errorCode: number }> = []): number {
  return errorCode === NOT_CONTROLLER || answers.some((answer) => answer.errorCode === NOT_CONTROLLER)
    ? NOT_CONTROLLER
    : 0
}

/**
 * The error of each partition that was asked about, in the order asked; null where there is none.
 * @param about how errors begin, before the partition: `Election of`
 */
export function refusals(
  about: string,
  partitions: readonly TopicPartition[],
  answers: readonly PartitionAnswer[],
): Array<BrokerError | null> {
  const byPartition = new Map(answers.map((answer) => [partitionKey(answer.topic, answer.partition), answer]))
  return partitions.map(({ topic, partition }) => {
    const key = partitionKey(topic, partition)
    const answer = byPartition.get(key)
    if (answer?.errorCode === 0) return null
    const message = answer === undefined ? 'the controller left it out' : answer.errorMessage
    const code = answer?.errorCode ?? UNKNOWN_SERVER_ERROR
    return brokerError(code, `${about} ${key}`, { topic, partition, message })
  })
}

/** The error of a request that was refused as a whole. */
export function refusalOfAll(subject: string, errorCode: number, errorMessage: string | null = null): BrokerError {
  // With KRaft a refusal by the ACLs is explained by a dump of the request's Java object.
  const message = errorMessage?.startsWith('Request Request(') ? null : errorMessage
  return brokerError(errorCode, subject, { message })
}
