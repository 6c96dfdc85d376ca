import { INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED } from '../cluster/error-codes.ts'
import { type BrokerError, brokerError } from '../errors.ts'
import type { KnownTopics } from './subscription.ts'

/** The error of a topic that no waiting makes readable, by what metadata says of it; null for all others. */
export function topicRefusal({ topics }: KnownTopics, topic: string): BrokerError | null {
  const errorCode = topics.get(topic)?.errorCode
  if (errorCode !== TOPIC_AUTHORIZATION_FAILED && errorCode !== INVALID_TOPIC_EXCEPTION) return null
  return brokerError(errorCode, `Topic '${topic}'`, { topic })
}
