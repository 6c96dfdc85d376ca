import type { Cluster } from '../cluster/cluster.ts'
import { NO_LEADER, type PartitionQueue } from './partition-queue.ts'
import { Sender, type SenderContext } from './sender.ts'

/** Brings each partition that has something to send to the sender of the broker that leads it now. */
export class Dispatcher {
  readonly #cluster: Cluster
  readonly #context: SenderContext
  readonly #senders = new Map<number, Sender>()
  /** Partitions that nobody leads, or whose leader is unknown. */
  readonly #leaderless = new Set<PartitionQueue>()
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(context: Omit<SenderContext, 'route'>) {
    this.#cluster = context.cluster
    this.#context = { ...context, route: (queue) => this.route(queue) }
    this.#unsubscribe = this.#cluster.onMetadata(() => this.#onMetadata())
  }

  /** Call whenever a partition may have something to send, or no more. */
  route(queue: PartitionQueue): void {
    if (this.#closed) return
    if (queue.listedAt !== null) {
      this.#senders.get(queue.listedAt)?.schedule()
      return
    }
    if (queue.isIdle) return
    const leader = this.#cluster.leader(queue.topic, queue.partition)
    // Order is kept by having a partition's requests in flight to one broker only; it is routed again when answered.
    if (queue.awaited > 0 && queue.brokerId !== leader) return
    if (leader !== NO_LEADER && this.#context.broker(leader) !== undefined) this.#sender(leader).add(queue)
    else this.#waitForLeader(queue)
  }

  /** Memory is short: open batches need not linger. */
  hurry(): void {
    for (const sender of this.#senders.values()) sender.schedule()
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#leaderless.clear()
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const sender of this.#senders.values()) sender.close()
  }

  #sender(brokerId: number): Sender {
    let sender = this.#senders.get(brokerId)
    if (sender === undefined) {
      sender = new Sender(brokerId, this.#context)
      this.#senders.set(brokerId, sender)
    }
    return sender
  }

  #onMetadata(): void {
    this.#retryLeaderless()
    for (const sender of this.#senders.values()) sender.reconsider()
  }

  #waitForLeader(queue: PartitionQueue): void {
    queue.listedAt = NO_LEADER
    this.#leaderless.add(queue)
    this.#cluster.invalidate()
    // Unchanged metadata is no event, so it is asked for until there is a leader. The timer keeps the process alive.
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#retryLeaderless()
    }, this.#cluster.options.retryBackoffMaxMs)
  }

  #retryLeaderless(): void {
    const queues = [...this.#leaderless]
    this.#leaderless.clear()
    for (const queue of queues) {
      queue.listedAt = null
      this.route(queue)
    }
  }
}
