import type { Cluster } from '../cluster/cluster.ts'
import { AbortError, ClosedError } from '../errors.ts'
import { integer, type OptionSchema, optional, readOptions } from '../options.ts'
import { Call, type CallOptions, callOptions } from './call.ts'
import {
  type CreatePartitionsOptions,
  createPartitions,
  createPartitionsOptions,
  type PartitionGrowth,
  readPartitionGrowth,
} from './create-partitions.ts'
import {
  type CreatedTopic,
  type CreateTopicsOptions,
  createTopics,
  createTopicsOptions,
  type NewTopic,
  readNewTopics,
} from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { type ClusterDescription, describeCluster } from './describe-cluster.ts'
import {
  type ConfigResource,
  type DescribeConfigsOptions,
  describeConfigs,
  describeConfigsOptions,
  type ResourceConfig,
  readResources,
} from './describe-configs.ts'
import { describeTopics, type TopicDescription } from './describe-topics.ts'
import { type ListTopicsOptions, listTopics, listTopicsOptions } from './list-topics.ts'
import { readNames } from './names.ts'
import type { ByName } from './outcomes.ts'

export interface AdminOptions {
  /** Time for a call that is not given a `timeoutMs` of its own, in ms. Default: that of the `Kafka`. */
  defaultApiTimeoutMs?: number
}

const adminOptions: OptionSchema<Pick<AdminOptions, 'defaultApiTimeoutMs'>> = {
  defaultApiTimeoutMs: optional(integer(1)),
}

/**
 * Creates, changes and describes what is in a cluster. Method names are the Java Admin's.
 *
 * A call about several things tries each of them. If any failed it rejects with a {@link PartialFailureError}
 * whose `results` holds the outcome of each: keyed by name like the result of the call itself, or in the
 * order asked where that is a list. Where all failures are of one kind its `code` is theirs.
 *
 * Every method throws a `UsageError` that names the wrong argument, a `TimeoutError` when time is up,
 * an `AbortError` when its `signal` is aborted, and a `ClosedError` after `close()`.
 */
export class Admin {
  readonly #cluster: Cluster
  readonly #timeoutMs: number
  readonly #onClose: () => void
  readonly #closing = new AbortController()

  constructor(cluster: Cluster, options: AdminOptions = {}, onClose: () => void = () => {}) {
    const { defaultApiTimeoutMs } = readOptions('kafka.admin()', adminOptions, options)
    this.#cluster = cluster
    this.#timeoutMs = defaultApiTimeoutMs ?? cluster.options.defaultApiTimeoutMs
    this.#onClose = onClose
  }

  /**
   * Makes topics, and resolves once every broker that can be reached knows them and who leads their
   * partitions, waiting at most 5 s for that (Java resolves before).
   * @throws PartialFailureError with, say, `TOPIC_ALREADY_EXISTS`. After a lost connection that can also mean
   * that an earlier try of this call made the topic.
   */
  async createTopics(topics: readonly NewTopic[], options: CreateTopicsOptions = {}): Promise<ByName<CreatedTopic>> {
    const checked = readNewTopics(topics)
    const { validateOnly, ...rest } = readOptions('admin.createTopics()', createTopicsOptions, options)
    return this.#call(rest, (call) => createTopics(call, checked, validateOnly))
  }

  /**
   * Deletes topics with all their records, and resolves once no broker that can be reached knows them,
   * waiting at most 5 s for that (Java resolves before).
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`
   */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    const checked = readNames(names, 'admin.deleteTopics(): names')
    return this.#call(readOptions('admin.deleteTopics()', callOptions, options), (call) => deleteTopics(call, checked))
  }

  /** Names of all topics, sorted. */
  async listTopics(options: ListTopicsOptions = {}): Promise<string[]> {
    const { listInternal, ...rest } = readOptions('admin.listTopics()', listTopicsOptions, options)
    return this.#call(rest, (call) => listTopics(call, listInternal))
  }

  /**
   * Topics with their partitions, leaders and replicas, by name.
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`
   */
  async describeTopics(names: readonly string[], options: CallOptions = {}): Promise<ByName<TopicDescription>> {
    const checked = readNames(names, 'admin.describeTopics(): names')
    const read = readOptions('admin.describeTopics()', callOptions, options)
    return this.#call(read, (call) => describeTopics(call, checked))
  }

  /**
   * Adds partitions to topics, and resolves once every broker that can be reached knows them, waiting at
   * most 5 s for that (Java resolves before). Records stay where they are, so a key's new records may land
   * on another partition than its old ones.
   * @throws PartialFailureError with, say, `INVALID_PARTITIONS`
   */
  async createPartitions(topics: PartitionGrowth, options: CreatePartitionsOptions = {}): Promise<void> {
    const checked = readPartitionGrowth(topics)
    const { validateOnly, ...rest } = readOptions('admin.createPartitions()', createPartitionsOptions, options)
    return this.#call(rest, (call) => createPartitions(call, checked, validateOnly))
  }

  /** The cluster's id, its brokers, and the one that takes requests for the controller. */
  async describeCluster(options: CallOptions = {}): Promise<ClusterDescription> {
    return this.#call(readOptions('admin.describeCluster()', callOptions, options), describeCluster)
  }

  /**
   * The configurations of topics, brokers and more, in the order asked.
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`
   */
  async describeConfigs(
    resources: readonly ConfigResource[],
    options: DescribeConfigsOptions = {},
  ): Promise<ResourceConfig[]> {
    const checked = readResources(resources)
    const { includeSynonyms, includeDocumentation, ...rest } = readOptions(
      'admin.describeConfigs()',
      describeConfigsOptions,
      options,
    )
    return this.#call(rest, (call) => describeConfigs(call, checked, { includeSynonyms, includeDocumentation }))
  }

  /** Ends calls that are still running with a `ClosedError`. Safe to call more than once. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#onClose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call<T>({ timeoutMs, signal }: CallOptions, run: (call: Call) => Promise<T>): Promise<T> {
    const closing = this.#closing.signal
    if (closing.aborted) throw new ClosedError('The admin client is closed')
    const either = signal === undefined ? closing : AbortSignal.any([closing, signal])
    try {
      return await run(new Call(this.#cluster, timeoutMs ?? this.#timeoutMs, either))
    } catch (error) {
      if (error instanceof AbortError && closing.aborted) throw new ClosedError('The admin client was closed')
      throw error
    }
  }
}
