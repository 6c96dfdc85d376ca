import { UsageError } from '../errors.ts'
import { describe } from '../options.ts'

/** The part of the cluster's metadata that a subscription looks at. */
export interface KnownTopics {
  readonly topics: ReadonlyMap<
    string,
    { readonly name: string; readonly isInternal: boolean; readonly errorCode: number }
  >
}

/**
 * What a consumer reads: the topics it names, the topics whose names match a regular expression, or partitions that
 * were assigned by hand. A consumer has one of them at a time.
 */
export type Subscription =
  | { readonly kind: 'none' }
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'assigned' }

export const noSubscription: Subscription = { kind: 'none' }
export const manualAssignment: Subscription = { kind: 'assigned' }

/** Whether a group shares what is read. */
export function isShared({ kind }: Subscription): boolean {
  return kind === 'topics' || kind === 'pattern'
}

/** What `subscribe()` and the option `topics` take. */
export type SubscribeTopics = string | readonly string[] | RegExp | { pattern: string }

/** @throws UsageError naming what is wrong with `topics`. */
export function readSubscription(topics: unknown, path: string): Subscription {
  if (topics instanceof RegExp) {
    // A global or sticky expression remembers where its last match ended: every other topic would be missed.
    return { kind: 'pattern', pattern: new RegExp(topics.source, topics.flags.replace(/[gy]/g, '')) }
  }
  if (typeof topics === 'object' && topics !== null && 'pattern' in topics) {
    throw new UsageError(
      `${path}: a pattern for the server needs groupProtocol 'consumer', which is not supported yet; pass a RegExp instead`,
    )
  }
  const names: unknown[] = typeof topics === 'string' ? [topics] : Array.isArray(topics) ? topics : []
  if (names.length === 0) {
    throw new UsageError(`${path} must be a topic, a non-empty array of topics or a RegExp, got ${describe(topics)}`)
  }
  for (const name of names) {
    if (typeof name !== 'string' || name === '') {
      throw new UsageError(`${path}: a topic must be a non-empty string, got ${describe(name)}`)
    }
  }
  return { kind: 'topics', topics: [...new Set(names as string[])] }
}

/** The topics that a subscription means now, sorted. Kafka's internal topics are never matched by a pattern. */
export function subscribedTopics(subscription: Subscription, known: KnownTopics): string[] {
  if (subscription.kind === 'topics') return [...subscription.topics].sort()
  if (subscription.kind !== 'pattern') return []
  const matching: string[] = []
  for (const topic of known.topics.values()) {
    if (!topic.isInternal && topic.errorCode === 0 && subscription.pattern.test(topic.name)) matching.push(topic.name)
  }
  return matching.sort()
}
