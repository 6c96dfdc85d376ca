import type { ResponseOf } from '../../protocol/api.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { UNKNOWN_TOPIC_OR_PARTITION } from '../cluster/error-codes.ts'
import { Backoff, Deadline, sleep } from '../retry.ts'
import type { Call } from './call.ts'

/** How long a change may take to reach the brokers before the call that made it returns anyway. */
const PATIENCE_MS = 5000

/** A topic as one broker describes it. */
export type TopicAnswer = ResponseOf<typeof metadata>['topics'][number]

export function isUnknown(topic: TopicAnswer): boolean {
  return topic.errorCode === UNKNOWN_TOPIC_OR_PARTITION
}

/**
 * Waits until every broker knows of a change: the controller answers as soon as it has decided, and a
 * broker asked in the next moment may not have heard of it. Never fails, as the change itself is made;
 * a broker that does not answer is waited for as long as one that has not heard of it.
 * @param known whether a broker's description of one of the topics shows the change
 */
export async function spread(
  call: Call,
  names: readonly string[],
  known: (topic: TopicAnswer) => boolean,
): Promise<void> {
  const deadline = new Deadline(Math.min(PATIENCE_MS, call.deadline.remainingMs))
  try {
    const { brokers } = await call.cluster.refresh({ timeoutMs: deadline.remainingMs, signal: call.signal })
    await Promise.allSettled([...brokers.keys()].map((broker) => spreadTo(broker, call, names, known, deadline)))
  } catch {
    // Unreachable or aborted: nothing more can be learned, and nothing has failed.
  }
}

async function spreadTo(
  broker: number,
  call: Call,
  names: readonly string[],
  known: (topic: TopicAnswer) => boolean,
  deadline: Deadline,
): Promise<void> {
  const body = { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false }
  const backoff = new Backoff(10, 200)
  while (!deadline.expired) {
    const options = { timeoutMs: Math.max(1, deadline.remainingMs), signal: call.signal }
    const { topics } = await call.cluster.send(metadata, body, { broker }, options)
    if (topics.every(known)) return
    await sleep(Math.min(backoff.next(), deadline.remainingMs), call.signal)
  }
}
