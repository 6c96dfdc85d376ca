import { Admin, type AdminOptions } from './admin/admin.ts'
import { parseBootstrapServers } from './cluster/bootstrap-servers.ts'
import { Cluster } from './cluster/cluster.ts'
import { Consumer } from './consumer/consumer.ts'
import type { ConsumerOptions } from './consumer/options.ts'
import { ClosedError } from './errors.ts'
import { type KafkaOptions, readKafkaOptions } from './kafka-options.ts'
import { abortSignal, type OptionSchema, optional, readOptions } from './options.ts'
import type { ProducerOptions } from './producer/options.ts'
import { Producer } from './producer/producer.ts'
import { abortable } from './retry.ts'

export interface ConnectOptions {
  /** Ends the wait with an AbortError. */
  signal?: AbortSignal
}

const connectOptions: OptionSchema<Pick<ConnectOptions, 'signal'>> = { signal: optional(abortSignal) }

/**
 * A Kafka cluster, and the clients that talk to it. Making one does nothing yet; connections are opened
 * when a client first needs them.
 */
export class Kafka {
  readonly #cluster: Cluster
  readonly #clients = new Set<{ close(): Promise<void> }>()
  #closing: Promise<void> | null = null

  /** @throws UsageError naming the option that is unknown, missing or wrong */
  constructor(options: KafkaOptions) {
    const resolved = readKafkaOptions(options)
    this.#cluster = new Cluster({ ...resolved, bootstrapServers: parseBootstrapServers(resolved.bootstrapServers) })
  }

  /**
   * Reaches the cluster once. Not needed, as every call does it by itself; it exists to fail early.
   * @throws ConnectionError after `defaultApiTimeoutMs`, naming every address tried; AuthenticationError at once
   */
  async connect(options: ConnectOptions = {}): Promise<void> {
    const { signal } = readOptions('kafka.connect()', connectOptions, options)
    await abortable(this.#cluster.connect(), signal)
  }

  /**
   * @throws UsageError naming the option that is unknown or wrong
   * @throws ClosedError after `close()`
   */
  producer<K = never, V = never>(options: ProducerOptions<K, V> = {}): Producer<K, V> {
    return this.#add((onClose) => new Producer<K, V>(this.#cluster, options, onClose))
  }

  /**
   * @throws UsageError naming the option that is unknown or wrong
   * @throws ClosedError after `close()`
   */
  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    return this.#add((onClose) => new Consumer<K, V>(this.#cluster, options, onClose))
  }

  /**
   * @throws UsageError naming the option that is unknown or wrong
   * @throws ClosedError after `close()`
   */
  admin(options: AdminOptions = {}): Admin {
    return this.#add((onClose) => new Admin(this.#cluster, options, onClose))
  }

  /** Closes every client that it made, then all connections. Safe to call more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #add<Client extends { close(): Promise<void> }>(make: (onClose: () => void) => Client): Client {
    if (this.#closing !== null) throw new ClosedError('This Kafka is closed')
    const client = make(() => this.#clients.delete(client))
    this.#clients.add(client)
    return client
  }

  async #close(): Promise<void> {
    // All at once: a consumer that waits for its group must not hold up a producer's last records. One that fails must not
    // take the connections away from the others.
    const outcomes = await Promise.allSettled([...this.#clients].map((client) => client.close()))
    await this.#cluster.close()
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
