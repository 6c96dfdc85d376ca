import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import type { metadata as metadataApi } from '../../protocol/messages/metadata.ts'
import type { Logger } from '../diagnostics.ts'
import { brokerError, ClosedError, KafkaError, TimeoutError } from '../errors.ts'
import { abortable, Backoff, Deadline, MAX_TIMER_MS, monotonicNow, sleep, withinDeadline } from '../retry.ts'
import {
  INVALID_TOPIC_EXCEPTION,
  LEADER_NOT_AVAILABLE,
  TOPIC_AUTHORIZATION_FAILED,
  UNKNOWN_TOPIC_OR_PARTITION,
} from './error-codes.ts'
import { EMPTY_METADATA, type MetadataSnapshot, mergeMetadata, type TopicMetadata } from './metadata.ts'

export type MetadataRequest = RequestInput<typeof metadataApi>
export type MetadataResponse = ResponseOf<typeof metadataApi>

/** An answer, and the version in which it was given. */
export interface MetadataAnswer {
  readonly version: number
  readonly response: MetadataResponse
}

export interface MetadataKeeperOptions {
  /** Puts the question to any broker of the cluster. */
  ask(body: MetadataRequest, deadline: Deadline): Promise<MetadataAnswer>
  /** Why there is no answer yet. */
  trouble(): KafkaError
  readonly metadataMaxAgeMs: number
  readonly defaultApiTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly logger: Logger
}

/** Whose topics each refresh asks for: names, or `'all'` for a consumer with a pattern. */
export type TopicInterest = () => Iterable<string> | 'all'

// A topic that has just been created may be unknown to most brokers for a moment: it is believed to be
// missing only when this many answers over this long have said so.
const UNKNOWN_TOPIC_REFRESHES = 4
const UNKNOWN_TOPIC_MS = 3000
const WARN_EVERY_MS = 10_000

/**
 * Holds the newest {@link MetadataSnapshot} and keeps it fresh: at its maximum age, and, at a bounded
 * rate, whenever somebody found out that it is stale. There is never more than one refresh under way.
 */
export class MetadataKeeper {
  snapshot: MetadataSnapshot = EMPTY_METADATA
  readonly #options: MetadataKeeperOptions
  readonly #interests = new Set<TopicInterest>()
  /** Topics that somebody waits for, with the count of those who wait and of those who want it created. */
  readonly #awaited = new Map<string, { waiting: number; creating: number }>()
  readonly #listeners = new Set<(snapshot: MetadataSnapshot) => void>()
  readonly #staleBackoff: Backoff
  #running: Promise<MetadataSnapshot> | null = null
  #next: Promise<MetadataSnapshot> | null = null
  #ageTimer: NodeJS.Timeout | null = null
  #staleTimer: NodeJS.Timeout | null = null
  #lastRefreshAt = -Infinity
  #failingSince: number | null = null
  #lastWarningAt = -Infinity
  #closed = false

  constructor(options: MetadataKeeperOptions) {
    this.#options = options
    this.#staleBackoff = new Backoff(options.retryBackoffMs, options.retryBackoffMaxMs)
  }

  /** Adds an interest until the returned function is called. */
  track(interest: TopicInterest): () => void {
    this.#interests.add(interest)
    return () => this.#interests.delete(interest)
  }

  /** Calls the listener after each change of the snapshot, until the returned function is called. */
  onChange(listener: (snapshot: MetadataSnapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes over a snapshot that was made outside a refresh, from a hint in some other answer. */
  replace(snapshot: MetadataSnapshot): void {
    if (this.#closed) return
    const isNews = snapshot.version !== this.snapshot.version
    this.snapshot = snapshot
    if (!isNews) return
    for (const listener of [...this.#listeners]) listener(snapshot)
  }

  /** Resolves with what a refresh that starts after this call brought. Calls at the same time share one. */
  refresh(): Promise<MetadataSnapshot> {
    if (this.#closed) return Promise.reject(new ClosedError('The client is closed'))
    if (this.#running === null) return this.#start()
    // The one under way may have left before the caller's reason arose, so its answer does not count. Its failure does
    // where the next one could only repeat it: the cluster was never reached, or refuses this client.
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      (error: unknown) => {
        if (this.snapshot !== EMPTY_METADATA && !isFatal(error)) return this.#startNext()
        this.#next = null
        throw error
      },
    )
    return this.#next
  }

  /** Resolves when there is metadata: what is under way counts, for whom only needs to have reached the cluster. */
  contact(): Promise<MetadataSnapshot> {
    return this.#running ?? this.refresh()
  }

  /** Something showed that the snapshot is stale: refreshes it soon, in the background. */
  invalidate(): void {
    if (this.#closed || this.#staleTimer !== null) return
    const delay = Math.max(0, this.#lastRefreshAt + this.#staleBackoff.next() - monotonicNow())
    this.#staleTimer = setTimeout(() => {
      this.#staleTimer = null
      this.refresh().catch((error: unknown) => {
        // A password that was refused is not sent again until somebody asks.
        if (!isFatal(error)) this.invalidate()
      })
    }, delay)
    this.#staleTimer.unref()
  }

  /**
   * Waits until the topic is known and has partitions.
   * @throws BrokerError `UNKNOWN_TOPIC_OR_PARTITION` when at least 4 answers over at least 3 s did not
   * know it, `INVALID_TOPIC_EXCEPTION` or AuthorizationError at once, TimeoutError when time is up
   */
  async topic(
    name: string,
    options: {
      timeoutMs?: number
      deadline?: Deadline
      signal?: AbortSignal
      allowAutoTopicCreation?: boolean
    } = {},
  ): Promise<TopicMetadata> {
    const known = this.snapshot.topics.get(name)
    if (known !== undefined && known.partitions.length > 0) return known
    const deadline = options.deadline ?? new Deadline(options.timeoutMs ?? this.#options.defaultApiTimeoutMs)
    const awaited = this.#awaited.get(name) ?? { waiting: 0, creating: 0 }
    this.#awaited.set(name, awaited)
    awaited.waiting++
    if (options.allowAutoTopicCreation) awaited.creating++
    try {
      return await this.#waitForTopic(name, deadline, options.signal)
    } finally {
      awaited.waiting--
      if (options.allowAutoTopicCreation) awaited.creating--
      if (awaited.waiting === 0) this.#awaited.delete(name)
    }
  }

  async #waitForTopic(name: string, deadline: Deadline, signal: AbortSignal | undefined): Promise<TopicMetadata> {
    const backoff = new Backoff(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs)
    const startedAt = monotonicNow()
    let unknownAnswers = 0
    let lastError: unknown
    while (!deadline.expired) {
      try {
        const snapshot = await withinDeadline(abortable(this.refresh(), signal), deadline, this.#options.trouble)
        const topic = snapshot.topics.get(name)
        if (topic !== undefined && topic.partitions.length > 0) return topic
        const code = topic?.errorCode ?? UNKNOWN_TOPIC_OR_PARTITION
        lastError = brokerError(code === 0 ? LEADER_NOT_AVAILABLE : code, `Topic '${name}'`, { topic: name })
        if (code === INVALID_TOPIC_EXCEPTION || code === TOPIC_AUTHORIZATION_FAILED) throw lastError
        if (code === UNKNOWN_TOPIC_OR_PARTITION) {
          unknownAnswers++
          if (unknownAnswers >= UNKNOWN_TOPIC_REFRESHES && monotonicNow() - startedAt >= UNKNOWN_TOPIC_MS)
            throw lastError
        }
      } catch (error) {
        if (error === lastError || !(error instanceof KafkaError) || !error.retriable) throw error
        lastError = error
      }
      await sleep(Math.min(backoff.next(), deadline.remainingMs), signal)
    }
    throw noMetadata(name, deadline.timeoutMs, lastError)
  }

  close(): void {
    this.#closed = true
    this.#listeners.clear()
    this.#interests.clear()
    if (this.#ageTimer !== null) clearTimeout(this.#ageTimer)
    if (this.#staleTimer !== null) clearTimeout(this.#staleTimer)
  }

  #startNext(): Promise<MetadataSnapshot> {
    this.#next = null
    return this.refresh()
  }

  #start(): Promise<MetadataSnapshot> {
    const running = this.#refresh().finally(() => {
      this.#running = null
      this.#lastRefreshAt = monotonicNow()
    })
    // Whoever started it handles the failure; the chain to the next refresh must not report it a second time.
    running.catch(() => {})
    this.#running = running
    return running
  }

  async #refresh(): Promise<MetadataSnapshot> {
    const deadline = new Deadline(this.#options.defaultApiTimeoutMs)
    const ask = (names: readonly string[] | null, allowAutoTopicCreation: boolean): Promise<MetadataAnswer> => {
      return this.#options.ask(requestFor(names, allowAutoTopicCreation), deadline)
    }
    try {
      const creating = [...this.#awaited].filter(([, { creating }]) => creating > 0).map(([name]) => name)
      // Auto-creation is asked for only where it is wanted, hence in a request of its own.
      if (creating.length > 0) this.#merge(await ask(creating, true), false)
      const names = this.#topicsToAsk(creating)
      if (names === 'all') this.#merge(await ask(null, false), true)
      else if (names.length > 0 || creating.length === 0) this.#merge(await ask(names, false), false)
    } catch (error) {
      this.#warn(error)
      throw error
    }
    this.#failingSince = null
    this.#rearmAgeTimer()
    return this.snapshot
  }

  #topicsToAsk(except: readonly string[]): string[] | 'all' {
    const names = new Set(this.#awaited.keys())
    for (const interest of this.#interests) {
      const topics = interest()
      if (topics === 'all') return 'all'
      for (const name of topics) names.add(name)
    }
    for (const name of except) names.delete(name)
    return [...names]
  }

  #merge({ response, version }: MetadataAnswer, allTopics: boolean): void {
    const merged = mergeMetadata(this.snapshot, response, { version, allTopics })
    if (merged.version !== this.snapshot.version) this.#staleBackoff.reset()
    this.replace(merged)
  }

  #rearmAgeTimer(): void {
    if (this.#closed) return
    if (this.#ageTimer !== null) clearTimeout(this.#ageTimer)
    this.#ageTimer = setTimeout(() => this.invalidate(), Math.min(this.#options.metadataMaxAgeMs, MAX_TIMER_MS))
    this.#ageTimer.unref()
  }

  #warn(error: unknown): void {
    const now = monotonicNow()
    this.#failingSince ??= now
    // The first bootstrap reports its failure to the caller; later ones have nobody else to tell.
    if (this.snapshot === EMPTY_METADATA || this.#closed) return
    const context = { forMs: Math.round(now - this.#failingSince), error }
    if (isFatal(error)) {
      this.#options.logger.error('the brokers refuse this client; it does not ask for metadata by itself', context)
    } else if (now - this.#lastWarningAt >= WARN_EVERY_MS) {
      this.#lastWarningAt = now
      this.#options.logger.warn('no broker answers a request for metadata; trying again', context)
    }
  }
}

/** The error of somebody who has waited for a topic, with what kept it from being known. */
export function noMetadata(topic: string, timeoutMs: number, cause: unknown): TimeoutError {
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  return new TimeoutError(`No metadata of topic '${topic}' within ${Math.round(timeoutMs)} ms${reason}`, {
    cause,
    topic,
  })
}

function isFatal(error: unknown): boolean {
  return error instanceof KafkaError && error.fatal
}

function requestFor(names: readonly string[] | null, allowAutoTopicCreation: boolean): MetadataRequest {
  return {
    topics: names === null ? null : names.map((name) => ({ name })),
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }
}
