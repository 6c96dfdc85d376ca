import type { AnyApi } from '../../../protocol/api.ts'
import type { Cluster, Route } from '../../../src/cluster/cluster.ts'
import { UNKNOWN_TOPIC_OR_PARTITION } from '../../../src/cluster/error-codes.ts'
import { brokerError } from '../../../src/errors.ts'

/** A request as an `Admin` sent it, the body as it would be written. */
export interface SentRequest {
  readonly api: string
  readonly body: Record<string, unknown>
  readonly route: Route
  /** What the admin finds in an answer that might mean "ask another broker". */
  readonly errorCode: ((answer: never) => number) | undefined
  readonly signal: AbortSignal | undefined
  readonly once: boolean | undefined
}

export type Answerer = (request: SentRequest) => unknown

/** Stands for the cluster below an `Admin`: a test says what each API answers, and at which version it is spoken. */
export class FakeCluster {
  readonly sent: SentRequest[] = []
  readonly warnings: string[] = []
  readonly options = {
    defaultApiTimeoutMs: 1000,
    requestTimeoutMs: 500,
    retryBackoffMs: 1,
    retryBackoffMaxMs: 2,
    logger: { debug() {}, info() {}, warn: (message: string) => this.warnings.push(message), error() {} },
  }
  metadata = { brokers: new Map([[1, { id: 1, host: 'h', port: 1, rack: null }]]), controllerId: 1, clusterId: 'c' }
  /** Leaders of each topic's partitions, as the metadata in hand has them. */
  leaders: Record<string, number[]> = {}
  /** What a refresh brings. */
  onRefresh: () => void = () => {}
  /** How many calls want every refresh to tell about their topics. */
  interests = 0
  readonly refreshOptions: unknown[] = []
  readonly #answers: Record<string, Answerer>
  readonly #version: number

  constructor(answers: Record<string, Answerer>, version = 100) {
    this.#answers = answers
    this.#version = version
  }

  /** As what `Admin` asks for; only what it uses is there. */
  get cluster(): Cluster {
    return this as unknown as Cluster
  }

  get refreshes(): number {
    return this.refreshOptions.length
  }

  async refresh(options?: unknown): Promise<unknown> {
    this.refreshOptions.push(options)
    this.onRefresh()
    return this.metadata
  }

  track(): () => void {
    this.interests++
    return () => this.interests--
  }

  async topic(name: string): Promise<unknown> {
    const leaders = this.leaders[name]
    if (leaders === undefined) throw brokerError(UNKNOWN_TOPIC_OR_PARTITION, `Topic '${name}'`, { topic: name })
    return { name, partitions: leaders.map((leader, partition) => ({ partition, leader })) }
  }

  leader(topic: string, partition: number): number {
    return this.leaders[topic]?.[partition] ?? -1
  }

  /** Every group is with broker 1. */
  async coordinator(): Promise<number> {
    return 1
  }

  async send(
    api: AnyApi,
    body: Record<string, unknown> | ((version: number) => Record<string, unknown>),
    route: Route,
    options: { errorCode?: (answer: never) => number; signal?: AbortSignal; once?: boolean; maxVersion?: number } = {},
  ): Promise<unknown> {
    const version = Math.min(this.#version, api.maxVersion, options.maxVersion ?? api.maxVersion)
    const request: SentRequest = {
      api: api.name,
      body: typeof body === 'function' ? body(version) : body,
      route,
      errorCode: options.errorCode,
      signal: options.signal,
      once: options.once,
    }
    this.sent.push(request)
    const answer = this.#answers[api.name]
    if (answer === undefined) throw new Error(`The test has no answer to ${api.name}`)
    return answer(request)
  }

  sentTo(api: string): SentRequest[] {
    return this.sent.filter((request) => request.api === api)
  }
}
