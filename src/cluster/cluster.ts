import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { metadata as metadataApi } from '../../protocol/messages/metadata.ts'
import type { Logger } from '../diagnostics.ts'
import { brokerError, ClosedError, ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import { Broker, type BrokerOptions } from '../network/broker.ts'
import { abortable, abortError, Backoff, Deadline, sleep, withinDeadline } from '../retry.ts'
import { AnyBroker } from './any-broker.ts'
import type { BootstrapServer } from './bootstrap-servers.ts'
import { BrokerPool } from './broker-pool.ts'
import { type CoordinatorKind, Coordinators } from './coordinators.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, meansStaleMetadata, meansWrongCoordinator } from './error-codes.ts'
import {
  type BrokerAddress,
  EMPTY_METADATA,
  type MetadataSnapshot,
  mergeBroker,
  mergeLeader,
  type TopicMetadata,
} from './metadata.ts'
import {
  type MetadataAnswer,
  MetadataKeeper,
  type MetadataRequest,
  noMetadata,
  type TopicInterest,
} from './metadata-keeper.ts'
import { missingBroker } from './missing-broker.ts'

export interface ClusterOptions extends BrokerOptions {
  readonly bootstrapServers: readonly BootstrapServer[]
  /** How long a call with several steps may take, in ms. */
  readonly defaultApiTimeoutMs: number
  /** First and longest pause before a request is tried again, in ms. */
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  readonly metadataMaxAgeMs: number
  readonly logger: Logger
}

/**
 * Which broker a request goes to. `'any'` is for questions alone: where one broker keeps silent the next is asked as well,
 * and what each was told stays told, so that a change would be made again whenever the silent one wakes up.
 */
export type Route = 'any' | 'controller' | { readonly broker: number } | { readonly group: string }

/** How long somebody waits for something that may take several tries. */
export interface Waiting {
  /** `defaultApiTimeoutMs` if not given. */
  timeoutMs?: number
  /** In place of `timeoutMs`, where this is one step of something longer: its time is what errors tell. */
  deadline?: Deadline
  signal?: AbortSignal
}

export interface RoutedOptions<Response> extends Waiting {
  /** The error code of an answer by which it may have to be asked again elsewhere; 0 if it is final. */
  errorCode?: (response: Response) => number
  /** One try: whoever looks for the right broker himself has to learn that one was lost. Default false. */
  once?: boolean
  /** Speak no later version of the API than this. */
  maxVersion?: number
}

/** How long, and whether at all, somebody waits for an answer, and in which versions it can be read. */
interface Terms {
  readonly deadline: Deadline
  readonly signal?: AbortSignal | undefined
  readonly maxVersion?: number | undefined
}

/** A body, or what makes it for the version that the chosen broker speaks. */
export type RoutedBody<A extends AnyApi> = RequestInput<A> | ((version: number) => RequestInput<A>)

/**
 * The cluster as the clients of one `Kafka` see it: its brokers, who leads and who coordinates what,
 * and the connections to them. Nothing here knows what the requests are about.
 */
export class Cluster {
  readonly options: ClusterOptions
  /** The connections for metadata and control requests, shared by everybody. */
  readonly control: BrokerPool
  readonly #seeds: Broker[]
  readonly #anyBroker: AnyBroker
  readonly #keeper: MetadataKeeper
  readonly #coordinators: Coordinators
  readonly #pools = new Set<BrokerPool>()
  readonly #closing = new AbortController()
  #bootstrapped = false

  constructor(options: ClusterOptions) {
    this.options = options
    this.#seeds = options.bootstrapServers.map(({ host, port }, i) => {
      // Kafka's habit: the ids of bootstrap addresses are negative, those of brokers are not.
      return new Broker({ id: -1 - i, host, port, rack: null }, options)
    })
    this.control = this.pool()
    this.#anyBroker = new AnyBroker({ known: () => this.#knownBrokers(), seeds: () => this.#seeds })
    this.#keeper = new MetadataKeeper({
      ...options,
      ask: (body, deadline) => this.#askMetadata(body, deadline),
      trouble: () => this.#anyBroker.trouble,
    })
    this.#coordinators = new Coordinators({
      ...options,
      ask: (body, deadline) => this.#sendOnce(findCoordinator, body, 'any', { deadline }),
      trouble: () => this.#anyBroker.trouble,
      learn: (address) => this.#keeper.replace(mergeBroker(this.#keeper.snapshot, address)),
    })
  }

  /**
   * Reaches the cluster once. Every other call does it by itself; this one lets a program fail early.
   * @throws ConnectionError naming every address tried, after `defaultApiTimeoutMs`; AuthenticationError at once
   */
  async connect(): Promise<void> {
    if (this.#closed) throw new ClosedError('The client is closed')
    if (this.#bootstrapped) return
    await this.#answered(this.#keeper.contact(), new Deadline(this.options.defaultApiTimeoutMs))
  }

  /** What is known now; empty before the first contact. */
  get metadata(): MetadataSnapshot {
    return this.#keeper.snapshot
  }

  /** Resolves with metadata asked for after this call. */
  refresh(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<MetadataSnapshot> {
    const { timeoutMs = this.options.defaultApiTimeoutMs, signal } = options
    return this.#answered(abortable(this.#keeper.refresh(), signal), new Deadline(timeoutMs))
  }

  /** Something showed that metadata is stale: it is refreshed in the background, at a bounded rate. */
  invalidate(): void {
    this.#keeper.invalidate()
  }

  /**
   * A topic with its partitions, waited for if need be.
   * @throws as `connect`; BrokerError `UNKNOWN_TOPIC_OR_PARTITION` after at least 4 refreshes over at least 3 s
   */
  async topic(name: string, options: Waiting & { allowAutoTopicCreation?: boolean } = {}): Promise<TopicMetadata> {
    const { signal } = options
    const deadline = options.deadline ?? new Deadline(options.timeoutMs ?? this.options.defaultApiTimeoutMs)
    if (signal?.aborted) throw abortError(signal)
    if (!this.#bootstrapped) await this.#contactFor(name, deadline, signal)
    return this.#keeper.topic(name, { ...options, deadline })
  }

  /** Adds to the topics that each refresh asks for, until the returned function is called. */
  track(interest: TopicInterest): () => void {
    return this.#keeper.track(interest)
  }

  /** Calls the listener after each change of the metadata, until the returned function is called. */
  onMetadata(listener: (snapshot: MetadataSnapshot) => void): () => void {
    return this.#keeper.onChange(listener)
  }

  /** Id of the broker that leads the partition; −1 if there is none or it is unknown. */
  leader(topic: string, partition: number): number {
    return this.metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  /** Takes over who leads a partition from an answer that refused it (KIP-951). */
  updateLeader(
    topic: string,
    partition: number,
    leader: { id: number; epoch: number },
    endpoints: readonly BrokerAddress[] = [],
  ): void {
    this.#keeper.replace(mergeLeader(this.metadata, topic, partition, leader, endpoints))
  }

  /**
   * Id of the broker that coordinates a group or transactional id.
   * @throws AuthorizationError; TimeoutError when there is none within `timeoutMs`
   */
  coordinator(kind: CoordinatorKind, key: string, options?: Waiting): Promise<number> {
    return this.#coordinators.find(kind, key, options)
  }

  /** That broker said that it is not the coordinator, or it cannot be reached: it is looked up anew. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.forget(kind, key)
  }

  /** New connections for one producer or consumer, so that it waits behind nobody else's requests. */
  pool(): BrokerPool {
    const pool = new BrokerPool(
      this.options,
      (id) => this.metadata.brokers.get(id),
      () => this.#pools.delete(pool),
    )
    this.#pools.add(pool)
    return pool
  }

  /**
   * Sends a control request where it belongs. Lost connections, and answers by which the broker is not
   * (yet) the right one, are tried again until time is up; the last answer is then returned as it is.
   * @throws TimeoutError with the last failure as its cause; ConnectionError `BROKER_NOT_AVAILABLE` if the one broker that
   * was to be asked has failed and left the cluster; UnsupportedVersionError; AuthenticationError
   */
  async send<A extends AnyApi>(
    api: A,
    body: RoutedBody<A>,
    route: Route,
    options: RoutedOptions<ResponseOf<A>> = {},
  ): Promise<ResponseOf<A>> {
    const { signal, maxVersion } = options
    const deadline = options.deadline ?? new Deadline(options.timeoutMs ?? this.options.defaultApiTimeoutMs)
    const backoff = new Backoff(this.options.retryBackoffMs, this.options.retryBackoffMaxMs)
    for (;;) {
      let answer: ResponseOf<A> | undefined
      let failure: KafkaError | null = null
      try {
        if (signal?.aborted) throw abortError(signal)
        const response = await abortable(this.#sendOnce(api, body, route, { deadline, signal, maxVersion }), signal)
        if (!this.#isElsewhere(options.errorCode?.(response) ?? 0, route)) return response
        answer = response
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable || options.once) throw error
        failure = error
        // The broker may be gone for good, and another have its role.
        if (typeof route === 'object' && 'group' in route) this.forgetCoordinator('group', route.group)
        else if (this.#hasLeft(route)) throw missingBroker(route.broker, this.metadata.brokers, error)
        else this.invalidate()
      }
      const delay = backoff.next()
      if (delay >= deadline.remainingMs) {
        if (answer !== undefined) return answer
        throw new TimeoutError(
          `${api.name} was not answered within ${Math.round(deadline.timeoutMs)} ms: ${failure?.message}`,
          {
            api: api.name,
            broker: failure?.broker,
            cause: failure,
          },
        )
      }
      await sleep(delay, signal)
    }
  }

  /** Ends all connections and timers; whoever waits gets a ClosedError. */
  async close(): Promise<void> {
    if (this.#closed) return
    const error = new ClosedError('The client is closed')
    this.#closing.abort(error)
    this.#keeper.close()
    for (const pool of [...this.#pools]) pool.close(error)
    for (const seed of this.#seeds) seed.close(error)
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  /** The first contact on behalf of a topic: when its own time is over it has failed, whatever time is left for the topic. */
  async #contactFor(topic: string, deadline: Deadline, signal: AbortSignal | undefined): Promise<void> {
    if (this.#closed) throw new ClosedError('The client is closed')
    const { defaultApiTimeoutMs } = this.options
    const { timeoutMs } = deadline
    const limit = new Deadline(Math.min(deadline.remainingMs, defaultApiTimeoutMs))
    await withinDeadline(abortable(this.#keeper.contact(), signal), limit, () => {
      const { trouble } = this.#anyBroker
      return timeoutMs < defaultApiTimeoutMs ? noMetadata(topic, timeoutMs, trouble) : trouble
    })
  }

  /** Whether the request is for one broker alone, which is no longer there. */
  #hasLeft(route: Route): route is { readonly broker: number } {
    if (typeof route !== 'object' || !('broker' in route) || this.metadata === EMPTY_METADATA) return false
    return !this.metadata.brokers.has(route.broker)
  }

  /** True if the answer's code says to ask again, perhaps another broker; forgets what proved wrong. */
  #isElsewhere(code: number, route: Route): boolean {
    if (code === COORDINATOR_LOAD_IN_PROGRESS) return true
    if (meansWrongCoordinator(code)) {
      if (typeof route === 'object' && 'group' in route) this.forgetCoordinator('group', route.group)
      return true
    }
    if (route === 'any' || !meansStaleMetadata(code)) return false
    this.invalidate()
    return true
  }

  async #sendOnce<A extends AnyApi>(api: A, body: RoutedBody<A>, route: Route, terms: Terms): Promise<ResponseOf<A>> {
    const { deadline } = terms
    await this.#answered(this.connect(), deadline)
    const question = (broker: Broker): Promise<ResponseOf<A>> => this.#sendTo(broker, api, body, terms)
    return route === 'any' ? this.#anyBroker.ask(question, deadline) : question(await this.#broker(route, deadline))
  }

  async #sendTo<A extends AnyApi>(
    broker: Broker,
    api: A,
    body: RoutedBody<A>,
    { deadline, signal, maxVersion }: Terms,
  ): Promise<ResponseOf<A>> {
    const connection = await withinDeadline(broker.connection(), deadline, () => {
      return new TimeoutError(`No connection to ${broker.name} within ${Math.round(deadline.timeoutMs)} ms`, {
        broker: broker.name,
      })
    })
    // The caller has gone meanwhile, and was told that nothing came of it.
    if (signal?.aborted) throw abortError(signal)
    const version = connection.version(api, { maxVersion })
    const versioned = typeof body === 'function' ? (body as (version: number) => RequestInput<A>)(version) : body
    // The request has the time that requests have, for one that times out takes everybody's connection with it.
    return withinDeadline(connection.send(api, versioned, { version }), deadline, () => {
      const message = `${broker.name} did not answer ${api.name} within ${Math.round(deadline.timeoutMs)} ms`
      return new TimeoutError(message, { broker: broker.name, api: api.name })
    })
  }

  async #broker(route: Exclude<Route, 'any'>, deadline: Deadline): Promise<Broker> {
    let id: number
    if (route === 'controller') {
      if (this.metadata.controllerId === -1) await this.refresh({ timeoutMs: Math.max(1, deadline.remainingMs) })
      id = this.metadata.controllerId
    } else if ('group' in route) id = await this.coordinator('group', route.group, { deadline })
    else id = route.broker
    const broker = this.control.broker(id)
    if (broker !== undefined) return broker
    throw new ConnectionError(
      route === 'controller'
        ? 'The cluster has no controller at the moment'
        : `Broker ${id} is not in the cluster's metadata`,
      { code: 'CONNECTION_FAILED' },
    )
  }

  async #askMetadata(body: MetadataRequest, deadline: Deadline): Promise<MetadataAnswer> {
    const question = async (broker: Broker): Promise<MetadataAnswer> => {
      const connection = await broker.connection()
      const version = connection.version(metadataApi)
      const response = await connection.send(metadataApi, body, { version })
      if (response.errorCode === 0) return { version, response }
      // It wants the client to look elsewhere, at last at the bootstrap addresses (KIP-1102).
      throw brokerError(response.errorCode, broker.name, { broker: broker.name, retriable: true })
    }
    if (this.#bootstrapped) return this.#anyBroker.ask(question, deadline)
    const backoff = new Backoff(this.options.retryBackoffMs, this.options.retryBackoffMaxMs)
    const answer = await this.#anyBroker.bootstrap(question, deadline, backoff, this.#closing.signal)
    this.#bootstrapped = true
    return answer
  }

  /** At the deadline the error says whom the brokers' answer is still awaited from. */
  #answered<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
    return withinDeadline(promise, deadline, () => this.#anyBroker.trouble)
  }

  #knownBrokers(): Broker[] {
    if (this.metadata === EMPTY_METADATA) return []
    return [...this.metadata.brokers.keys()].flatMap((id) => this.control.broker(id) ?? [])
  }
}
