import type { Cluster } from '../cluster/cluster.ts'
import { KafkaError } from '../errors.ts'
import { Backoff } from '../retry.ts'
import type { AssignedPartition } from './partitions.ts'
import type { TroubleLog } from './trouble-log.ts'
import { Wakeup } from './wakeup.ts'

export interface PositionSearchHost {
  /** What goes wrong when it does, as the log names it. */
  readonly about: string
  /** The partitions that have no position yet and get theirs here. */
  pending(): AssignedPartition[]
  /** @returns why some still have none; null if all have */
  ask(partitions: readonly AssignedPartition[]): Promise<string | null>
  failure(error: KafkaError): void
}

/** Asks one kind of source for positions, again and again with pauses that grow, until nothing is pending. */
export class PositionSearch {
  readonly #cluster: Cluster
  readonly #trouble: TroubleLog
  readonly #host: PositionSearchHost
  readonly #wakeup = new Wakeup()
  #running = false
  #closed = false

  constructor(cluster: Cluster, trouble: TroubleLog, host: PositionSearchHost) {
    this.#cluster = cluster
    this.#trouble = trouble
    this.#host = host
  }

  /** Something may be pending. */
  wake(): void {
    if (this.#closed) return
    if (this.#running) this.#wakeup.raise()
    else void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#wakeup.raise()
  }

  async #run(): Promise<void> {
    this.#running = true
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.options
    const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
    while (!this.#closed) {
      const pending = this.#host.pending()
      if (pending.length === 0) break
      const reason = await this.#ask(pending)
      if (reason === null) {
        backoff.reset()
        this.#trouble.clear(this.#host.about)
        continue
      }
      if (this.#closed) break
      this.#trouble.note(this.#host.about, reason)
      this.#cluster.invalidate()
      await this.#wakeup.wait(backoff.next())
    }
    this.#running = false
  }

  async #ask(pending: readonly AssignedPartition[]): Promise<string | null> {
    try {
      return await this.#host.ask(pending)
    } catch (error) {
      if (this.#closed) return null
      if (!(error instanceof KafkaError) || !error.retriable) this.#host.failure(error as KafkaError)
      if (error instanceof KafkaError && error.fatal) this.close()
      return (error as Error).message
    }
  }
}
