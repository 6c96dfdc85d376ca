import type { Cluster } from '../cluster/cluster.ts'
import type { KafkaError } from '../errors.ts'
import { type Subscription, subscribedTopics } from './subscription.ts'
import { topicRefusal } from './topic-refusal.ts'
import type { TroubleLog } from './trouble-log.ts'

export interface TopicWatchHost {
  subscription(): Subscription
  /** Topics whose metadata is needed beside those that are subscribed to. */
  alsoNeeded(): Iterable<string>
  /** The subscription means other topics than before. */
  changed(): void
  /** A topic that is subscribed to cannot be read, however long it is waited for. */
  refused(error: KafkaError): void
}

/** How often topics that do not exist (yet) are looked for. */
const LOOK_EVERY_MS = 1000

/**
 * Sees to it that metadata covers what a consumer reads: follows topics that begin to match a pattern, and waits for
 * subscribed ones that do not exist yet, saying so in the log.
 */
export class TopicWatch {
  readonly #cluster: Cluster
  readonly #trouble: TroubleLog
  readonly #createMissing: boolean
  readonly #host: TopicWatchHost
  readonly #untrack: () => void
  readonly #untrackMetadata: () => void
  #timer: NodeJS.Timeout | undefined
  /** The topics at the last look. */
  #subscribed = ''
  #closed = false

  constructor(cluster: Cluster, trouble: TroubleLog, createMissing: boolean, host: TopicWatchHost) {
    this.#cluster = cluster
    this.#trouble = trouble
    this.#createMissing = createMissing
    this.#host = host
    this.#untrack = cluster.track(() => {
      const subscription = host.subscription()
      if (subscription.kind === 'pattern') return 'all'
      return [...subscribedTopics(subscription, cluster.metadata), ...host.alsoNeeded()]
    })
    this.#untrackMetadata = cluster.onMetadata(() => this.#compare())
  }

  /** The topics that the subscription means now, by fresh metadata. */
  async subscribed(): Promise<string[]> {
    await this.#cluster.refresh()
    const topics = subscribedTopics(this.#host.subscription(), this.#cluster.metadata)
    this.#subscribed = topics.join()
    this.#lookForMissing()
    return topics
  }

  /** The user subscribed to something else, or assigned partitions. */
  subscriptionChanged(): void {
    this.#compare()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#untrack()
    this.#untrackMetadata()
  }

  #compare(): void {
    const topics = subscribedTopics(this.#host.subscription(), this.#cluster.metadata).join()
    if (topics === this.#subscribed) return
    this.#subscribed = topics
    this.#host.changed()
  }

  #lookForMissing(): void {
    clearTimeout(this.#timer)
    const subscription = this.#host.subscription()
    if (this.#closed || subscription.kind !== 'topics') return
    const { metadata } = this.#cluster
    const missing: string[] = []
    let refusal: KafkaError | null = null
    for (const topic of subscription.topics) {
      refusal ??= topicRefusal(metadata, topic)
      if ((metadata.topics.get(topic)?.partitions.length ?? 0) === 0) missing.push(topic)
    }
    const about = 'Waiting for topics that do not exist'
    if (missing.length === 0) {
      this.#trouble.clear(about)
      return
    }
    if (refusal === null) this.#trouble.note(about, missing.join(', '))
    else this.#host.refused(refusal)
    if (this.#createMissing) {
      // Asking for them creates them; a failure shows in that they are still missing at the next look.
      for (const topic of missing) this.#cluster.topic(topic, { allowAutoTopicCreation: true }).catch(() => {})
    } else this.#cluster.invalidate()
    this.#timer = setTimeout(() => this.#lookForMissing(), LOOK_EVERY_MS)
  }
}
