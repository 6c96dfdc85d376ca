import type { AnyApi } from '../../../../protocol/api.ts'
import type { BrokerPool } from '../../../../src/cluster/broker-pool.ts'
import type { Cluster } from '../../../../src/cluster/cluster.ts'
import type { SendOptions } from '../../../../src/network/connection.ts'

type Answer = object | Promise<object>

interface Asked {
  readonly api: string
  readonly body: Record<string, unknown>
  readonly options: SendOptions
}

/** A cluster of one broker, the coordinator of every group; it answers as the test says. */
export class ScriptedCoordinator {
  readonly asked: Asked[] = []
  /** By API; called for each request. */
  readonly answers: Record<string, (body: Record<string, unknown>) => Answer> = {}
  readonly topics = new Map<string, { name: string; topicId: string; errorCode: number; partitions: object[] }>()
  refreshes = 0
  onRefresh = (): void => {}
  readonly cluster: Cluster
  readonly pool: BrokerPool

  constructor() {
    const connection = {
      version: (api: AnyApi, { maxVersion = api.maxVersion }: SendOptions) => maxVersion,
      send: (api: AnyApi, body: Record<string, unknown>, options: SendOptions) => this.#answer(api, body, options),
    }
    const pool = { broker: () => ({ connection: async () => connection }), close: () => {} }
    const cluster = {
      options: {
        requestTimeoutMs: 30_000,
        defaultApiTimeoutMs: 60_000,
        retryBackoffMs: 1,
        retryBackoffMaxMs: 2,
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      },
      metadata: {
        topics: this.topics,
        topicNames: { get: (id: string) => [...this.topics.values()].find(({ topicId }) => topicId === id)?.name },
      },
      control: pool,
      pool: () => pool,
      leader: () => -1,
      invalidate: () => {},
      connect: async () => {},
      coordinator: async () => 1,
      forgetCoordinator: () => {},
      track: () => () => {},
      onMetadata: () => () => {},
      refresh: async () => {
        this.refreshes++
        this.onRefresh()
      },
      send: async (api: AnyApi, body: (version: number) => Record<string, unknown>) =>
        this.#answer(api, body(api.maxVersion), {}),
    }
    this.cluster = cluster as unknown as Cluster
    this.pool = pool as unknown as BrokerPool
  }

  addTopic(name: string, topicId: string, numPartitions: number): void {
    this.topics.set(name, {
      name,
      topicId,
      errorCode: 0,
      partitions: Array.from({ length: numPartitions }, () => ({})),
    })
  }

  of(api: string): Asked[] {
    return this.asked.filter((each) => each.api === api)
  }

  async #answer({ name: api }: AnyApi, body: Record<string, unknown>, options: SendOptions): Promise<object> {
    this.asked.push({ api, body, options })
    const answer = this.answers[api]
    if (answer === undefined) throw new Error(`The test has no answer to ${api}`)
    return answer(body)
  }
}
