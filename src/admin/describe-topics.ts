import type { ResponseOf } from '../../protocol/api.ts'
import { describeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { UNKNOWN_TOPIC_OR_PARTITION } from '../cluster/error-codes.ts'
import { brokerError, UnsupportedVersionError } from '../errors.ts'
import type { Call } from './call.ts'
import { type ByName, byName, everyResultByName, type Outcome } from './outcomes.ts'

export interface TopicDescription {
  name: string
  /** Kafka's id of the topic (KIP-516); the zero id from brokers before 2.8. */
  topicId: string
  isInternal: boolean
  /** `partitions[n]` is partition n. */
  partitions: PartitionDescription[]
}

/** The numbers are broker ids. */
export interface PartitionDescription {
  partition: number
  /** −1 if there is none at the moment. */
  leader: number
  /** Grows with each election; −1 from brokers before 2.1. */
  leaderEpoch: number
  replicas: number[]
  /** The replicas that are in sync with the leader. */
  isr: number[]
  offlineReplicas: number[]
}

/** A topic in the answer of either API; the fields that both have. */
type Answer = Pick<
  ResponseOf<typeof describeTopicPartitions>['topics'][number],
  'errorCode' | 'name' | 'topicId' | 'isInternal'
> & { partitions: Array<Omit<ResponseOf<typeof metadata>['topics'][number]['partitions'][number], 'errorCode'>> }

/** @throws PartialFailureError */
export async function describeTopics(call: Call, names: readonly string[]): Promise<ByName<TopicDescription>> {
  // To ask for no topic means to ask for all of them.
  if (names.length === 0) return byName()

  const outcomes = byName<Outcome<TopicDescription>>()
  const answers = await ask(call, names)
  for (const name of names) {
    const answer = answers.get(name)
    outcomes[name] =
      answer?.errorCode === 0
        ? description(name, answer)
        : brokerError(answer?.errorCode ?? UNKNOWN_TOPIC_OR_PARTITION, `Topic '${name}'`, { topic: name })
  }
  return everyResultByName('admin.describeTopics()', outcomes)
}

async function ask(call: Call, names: readonly string[]): Promise<Map<string, Answer>> {
  try {
    return await askInPages(call, names)
  } catch (error) {
    // Brokers before Kafka 3.8 do not have the paged API (KIP-966).
    if (!(error instanceof UnsupportedVersionError)) throw error
    const topics = names.map((name) => ({ name }))
    const answer = await call.send(metadata, { topics, allowAutoTopicCreation: false }, 'any')
    return new Map(answer.topics.map((topic) => [topic.name ?? '', topic]))
  }
}

async function askInPages(call: Call, names: readonly string[]): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>()
  // A page may end within a topic: the next one goes on with its partitions, and names the topic again.
  let open = names
  let cursor: ResponseOf<typeof describeTopicPartitions>['nextCursor'] = null
  do {
    const body = { topics: open.map((name) => ({ name })), cursor }
    const page: ResponseOf<typeof describeTopicPartitions> = await call.send(describeTopicPartitions, body, 'any')
    for (const topic of page.topics) {
      const known = answers.get(topic.name ?? '')
      if (known === undefined) answers.set(topic.name ?? '', topic)
      else known.partitions.push(...topic.partitions)
    }
    cursor = page.nextCursor
    open = names.filter((name) => !answers.has(name) || name === cursor?.topicName)
  } while (cursor !== null && open.length > 0)
  return answers
}

function description(name: string, { topicId, isInternal, partitions }: Answer): TopicDescription {
  return {
    name,
    topicId,
    isInternal,
    partitions: partitions
      .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
        partition: partitionIndex,
        leader: leaderId,
        leaderEpoch,
        replicas: replicaNodes,
        isr: isrNodes,
        offlineReplicas,
      }))
      .sort((a, b) => a.partition - b.partition),
  }
}
