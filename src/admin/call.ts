import type { AnyApi, ResponseOf } from '../../protocol/api.ts'
import type { Cluster, Route, RoutedBody } from '../cluster/cluster.ts'
import type { MetadataSnapshot, TopicMetadata } from '../cluster/metadata.ts'
import { missingBroker } from '../cluster/missing-broker.ts'
import { KafkaError } from '../errors.ts'
import { abortSignal, integer, type OptionSchema, optional } from '../options.ts'
import { Backoff, Deadline, sleep } from '../retry.ts'

/** What a broker's answer may take beyond the time for its work before the client gives its connection up. */
const MARGIN_MS = 1000

/** What every method of `Admin` takes as its last argument. */
export interface CallOptions {
  /** Time for the whole call with all its retries, in ms. Default: `defaultApiTimeoutMs` of the `Kafka`. */
  timeoutMs?: number
  /** Ends the call: it rejects with an `AbortError`. What the cluster was already told to do is not undone. */
  signal?: AbortSignal
}

type ResolvedCallOptions = Pick<CallOptions, 'timeoutMs' | 'signal'>

/** The options that all calls share; a call with more spreads this into its own schema. */
export const callOptions: OptionSchema<ResolvedCallOptions> = {
  timeoutMs: optional(integer(1)),
  signal: optional(abortSignal),
}

/** One call of an `Admin` method: the requests it needs share one deadline and one signal. */
export class Call {
  readonly cluster: Cluster
  readonly deadline: Deadline
  readonly signal: AbortSignal

  constructor(cluster: Cluster, timeoutMs: number, signal: AbortSignal) {
    this.cluster = cluster
    this.deadline = new Deadline(timeoutMs)
    this.signal = signal
  }

  /**
   * @param errorCode the code of an answer by which the broker may have been the wrong one, 0 if none is
   * @param maxVersion speaks no later version of the API than this
   */
  send<A extends AnyApi>(
    api: A,
    body: RoutedBody<A>,
    route: Route,
    errorCode?: (response: ResponseOf<A>) => number,
    maxVersion?: number,
  ): Promise<ResponseOf<A>> {
    const { deadline, signal } = this
    return this.cluster.send(api, body, route, { deadline, signal, errorCode, maxVersion })
  }

  /** Asks one broker, once: for calls that look at metadata again before each try. */
  sendOnce<A extends AnyApi>(api: A, body: RoutedBody<A>, broker: number): Promise<ResponseOf<A>> {
    const { deadline, signal } = this
    return this.cluster.send(api, body, { broker }, { deadline, signal, once: true })
  }

  /** A topic with its partitions, waited for within the call's time as {@link Cluster.topic} does. */
  topic(name: string): Promise<TopicMetadata> {
    return this.cluster.topic(name, { deadline: this.deadline, signal: this.signal })
  }

  /** Id of the broker that coordinates a group, waited for within the call's time. */
  coordinator(groupId: string): Promise<number> {
    return this.cluster.coordinator('group', groupId, { deadline: this.deadline, signal: this.signal })
  }

  /** Fresh metadata: while no broker can be reached it is asked for again, until the call's time is up. */
  async refresh(): Promise<MetadataSnapshot> {
    const backoff = this.backoff()
    for (;;) {
      try {
        return await this.refreshOnce()
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable || !(await this.pause(backoff))) throw error
      }
    }
  }

  /** Fresh metadata, asked for in one round: for calls that have other ways to go on when nobody has it. */
  refreshOnce(): Promise<MetadataSnapshot> {
    return this.cluster.refresh({ timeoutMs: this.#timeLeftMs, signal: this.signal })
  }

  /** The pauses of something that is tried again and again. */
  backoff(): Backoff {
    const { retryBackoffMs, retryBackoffMaxMs } = this.cluster.options
    return new Backoff(retryBackoffMs, retryBackoffMaxMs)
  }

  /** Waits before another try; false, at once, if the call's time would be up by then. */
  async pause(backoff: Backoff): Promise<boolean> {
    const delay = backoff.next()
    if (delay >= this.deadline.remainingMs) return false
    await sleep(delay, this.signal)
    return true
  }

  /**
   * An id that no broker has would be waited for until time is up.
   * @throws ConnectionError `BROKER_NOT_AVAILABLE`
   */
  async requireBroker(broker: number): Promise<void> {
    if (this.cluster.metadata.brokers.has(broker)) return
    const { brokers } = await this.refresh()
    if (brokers.has(broker)) return
    throw missingBroker(broker, brokers)
  }

  /**
   * How long a broker may work on a request before it answers with what it has done by then, in ms: less than the client
   * waits, as an answer that does not come ends a connection that others share.
   */
  get brokerTimeoutMs(): number {
    const patienceMs = Math.min(this.#timeLeftMs, this.cluster.options.requestTimeoutMs)
    return Math.ceil(Math.max(patienceMs - MARGIN_MS, patienceMs / 2))
  }

  get #timeLeftMs(): number {
    return Math.max(1, Math.ceil(this.deadline.remainingMs))
  }
}
