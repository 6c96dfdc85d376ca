import { vi } from 'vitest'
import type { RequestInput, ResponseOf } from '../../../protocol/api.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import type { produce } from '../../../protocol/messages/produce.ts'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import type { MetadataSnapshot, TopicMetadata } from '../../../src/cluster/metadata.ts'
import { brokerError, ClosedError, ConnectionError } from '../../../src/errors.ts'
import { FakeLog } from './fake-log.ts'

type Body = RequestInput<typeof produce>
type Response = ResponseOf<typeof produce>
type Answer = Response['responses'][number]['partitionResponses'][number]

/** What becomes of one partition's batch in a request. */
export type Fate = Partial<Answer> & {
  /** Written to the log although the answer is an error. */
  append?: boolean
}

/** What becomes of a whole request. */
export type RequestFate =
  | 'answer'
  /** The connection is lost, and the broker … */
  | 'lose-unseen'
  | 'lose-after-append'

export interface ProduceScript {
  request?: (request: FakeRequest) => RequestFate
  /** Without one, the log decides. */
  partition?: (topic: string, partition: number, request: FakeRequest) => Fate | undefined
}

export interface FakeRequest {
  broker: number
  body: Body
  maxVersion: number | undefined
  /** Counts requests, from 0 on. */
  number: number
}

const NOT_LEADER_OR_FOLLOWER = 6

/** A cluster whose brokers do what a test's script says, and otherwise what Kafka does. Time is the event loop's turns. */
export class FakeCluster {
  readonly options = { requestTimeoutMs: 1000, retryBackoffMs: 1, retryBackoffMaxMs: 2, clientId: 'test' }
  readonly logs = new Map<string, FakeLog>()
  readonly requests: FakeRequest[] = []
  readonly connections = new Map<number, FakeConnection>()
  script: ProduceScript = {}
  /** While true, requests reach the broker but nothing is answered. */
  held = false
  producerIds = 0
  producerEpoch = 0
  initProducerIdError = 0
  refreshes = 0
  invalidations = 0
  /** Brokers that refuse connections, with the error that they do it with. */
  readonly down = new Map<number, Error>()
  readonly #leaders = new Map<string, number>()
  readonly #listeners = new Set<(snapshot: MetadataSnapshot) => void>()
  metadata: MetadataSnapshot

  constructor(topics: Record<string, number> = { t: 1 }, brokers = 1) {
    const addresses = new Map<number, { id: number; host: string; port: number; rack: null }>()
    for (let id = 1; id <= brokers; id++) addresses.set(id, { id, host: 'fake', port: 9000 + id, rack: null })
    this.metadata = {
      clusterId: 'fake',
      controllerId: 1,
      brokers: addresses,
      topics: new Map(),
      topicNames: new Map(),
      version: 0,
    }
    for (const [name, count] of Object.entries(topics)) this.addTopic(name, count)
  }

  /** As the producer takes it. */
  get asCluster(): Cluster {
    return this as unknown as Cluster
  }

  addTopic(name: string, partitions: number): void {
    for (let partition = 0; partition < partitions; partition++) {
      if (this.#leaders.has(`${name}-${partition}`)) continue
      this.#leaders.set(`${name}-${partition}`, 1 + (partition % this.metadata.brokers.size))
      this.logs.set(`${name}-${partition}`, new FakeLog())
    }
    this.publish()
  }

  log(topic: string, partition = 0): FakeLog {
    return this.logs.get(`${topic}-${partition}`)!
  }

  /** The partition moves; the client does not know yet. −1: nobody leads it. */
  move(topic: string, partition: number, leader: number): void {
    this.#leaders.set(`${topic}-${partition}`, leader)
  }

  realLeader(topic: string, partition: number): number {
    return this.#leaders.get(`${topic}-${partition}`) ?? -1
  }

  /** The client learns what is. */
  publish(): void {
    const topics = new Map<string, TopicMetadata>()
    for (const [key, leader] of this.#leaders) {
      const at = key.lastIndexOf('-')
      const name = key.slice(0, at)
      const partition = Number(key.slice(at + 1))
      const topic = topics.get(name) ?? {
        name,
        topicId: Buffer.from(name.padEnd(16, '.')).toString('base64url').slice(0, 22),
        isInternal: false,
        errorCode: 0,
        partitions: [],
      }
      topics.set(name, topic)
      const partitions = topic.partitions as Array<TopicMetadata['partitions'][number]>
      partitions[partition] = {
        partition,
        leader,
        leaderEpoch: 0,
        replicas: [],
        isr: [],
        offlineReplicas: [],
        errorCode: 0,
      }
    }
    this.metadata = { ...this.metadata, topics, version: this.metadata.version + 1 }
    for (const listener of [...this.#listeners]) listener(this.metadata)
  }

  // What the producer uses of a Cluster.

  leader(topic: string, partition: number): number {
    return this.metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  invalidate(): void {
    this.invalidations++
    setImmediate(() => this.publish())
  }

  async refresh(): Promise<MetadataSnapshot> {
    this.refreshes++
    await turn()
    this.publish()
    return this.metadata
  }

  async topic(name: string): Promise<TopicMetadata> {
    await this.refresh()
    const topic = this.metadata.topics.get(name)
    if (topic === undefined) throw brokerError(3, `Topic '${name}'`, { topic: name })
    return topic
  }

  updateLeader(topic: string, partition: number, leader: { id: number }): void {
    this.move(topic, partition, leader.id)
    this.publish()
  }

  track(): () => void {
    return () => {}
  }

  onMetadata(listener: (snapshot: MetadataSnapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async send(
    api: unknown,
    _body: unknown,
    _route: unknown,
    _options: { signal?: AbortSignal },
  ): Promise<ResponseOf<typeof initProducerId>> {
    if (api !== initProducerId) throw new Error('not scripted')
    await turn()
    return {
      throttleTimeMs: 0,
      errorCode: this.initProducerIdError,
      producerId: ++this.producerIds,
      producerEpoch: this.producerEpoch,
      ongoingTxnProducerId: -1,
      ongoingTxnProducerEpoch: -1,
    }
  }

  pool(): { broker(id: number): FakeBroker | undefined; close(): void } {
    const brokers = new Map<number, FakeBroker>()
    return {
      broker: (id) => {
        if (!this.metadata.brokers.has(id)) return undefined
        const broker = brokers.get(id) ?? new FakeBroker(this, id)
        brokers.set(id, broker)
        return broker
      },
      close: () => {
        for (const broker of brokers.values()) broker.current?.lose(new ClosedError('The pool is closed'))
      },
    }
  }

  /** Answers what was held back. */
  release(): void {
    this.held = false
    for (const connection of this.connections.values()) connection.work()
  }

  answer(request: FakeRequest): Response {
    const responses = request.body.topicData.map(({ name, topicId, partitionData }) => ({
      name: name!,
      topicId: topicId!,
      partitionResponses: partitionData.map(({ index, records }) => this.#partition(request, name!, index, records!)),
    }))
    return { responses, throttleTimeMs: 0, nodeEndpoints: [] }
  }

  #partition(request: FakeRequest, topic: string, index: number, records: unknown): Answer {
    const isLeader = this.realLeader(topic, index) === request.broker
    // It may move the partition: after the append then, if there is one.
    const fate = this.script.partition?.(topic, index, request)
    let result = { errorCode: isLeader ? 0 : NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }
    if (isLeader && (fate === undefined || fate.append === true)) {
      result = this.log(topic, index).append(Buffer.from(records as Buffer))
    }
    const { append: _, ...answer } = fate ?? {}
    return {
      index,
      ...result,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      recordErrors: [],
      errorMessage: null,
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
      ...answer,
    }
  }
}

class FakeBroker {
  current: FakeConnection | null = null
  readonly #cluster: FakeCluster
  readonly #id: number

  constructor(cluster: FakeCluster, id: number) {
    this.#cluster = cluster
    this.#id = id
  }

  async connection(): Promise<FakeConnection> {
    await turn()
    const refusal = this.#cluster.down.get(this.#id)
    if (refusal !== undefined) throw refusal
    this.current ??= new FakeConnection(this.#cluster, this.#id, () => {
      this.current = null
    })
    this.#cluster.connections.set(this.#id, this.current)
    return this.current
  }
}

interface Pending {
  request: FakeRequest
  onWritten: (() => void) | undefined
  resolve(response: Response): void
  reject(error: Error): void
}

export class FakeConnection {
  readonly broker: string
  readonly #cluster: FakeCluster
  readonly #id: number
  readonly #onClose: () => void
  /** As `FakeCluster.held`, for this broker alone: it hangs. */
  held = false
  readonly #pending: Pending[] = []
  #working = false

  constructor(cluster: FakeCluster, id: number, onClose: () => void) {
    this.broker = `fake:${9000 + id} (id ${id})`
    this.#cluster = cluster
    this.#id = id
    this.#onClose = onClose
  }

  get inFlight(): number {
    return this.#pending.length
  }

  send(_api: unknown, body: Body, options: { maxVersion?: number; onWritten?: () => void }): Promise<Response> {
    return new Promise((resolve, reject) => {
      const number = this.#cluster.requests.length
      const request: FakeRequest = { broker: this.#id, body, maxVersion: options.maxVersion, number }
      this.#cluster.requests.push(request)
      this.#pending.push({ request, onWritten: options.onWritten, resolve, reject })
      this.work()
    })
  }

  async sendOneWay(api: unknown, body: Body, options: { maxVersion?: number }): Promise<void> {
    await this.send(api, body, options)
  }

  /** Works off the requests, one in each turn of the event loop. */
  work(): void {
    if (this.#working || this.#rests) return
    this.#working = true
    setImmediate(() => {
      this.#working = false
      if (this.#rests) return
      const { request, onWritten } = this.#pending[0]
      const fate = this.#cluster.script.request?.(request) ?? 'answer'
      if (fate === 'lose-unseen') return this.lose()
      const response = this.#cluster.answer(request)
      if (fate === 'lose-after-append') return this.lose()
      const { resolve } = this.#pending.shift()!
      onWritten?.()
      resolve(response)
      this.work()
    })
  }

  get #rests(): boolean {
    return this.#cluster.held || this.held || this.#pending.length === 0
  }

  lose(error: Error = new ConnectionError(`The connection to ${this.broker} was lost`)): void {
    this.#onClose()
    for (const { reject } of this.#pending.splice(0)) reject(error)
  }
}

/** Lets everything that is due happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets time pass: the test must have made fake timers of `setTimeout` and `performance`. */
export async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    vi.advanceTimersByTime(Math.min(10, ms - passed))
    await turn()
    await turn()
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}
