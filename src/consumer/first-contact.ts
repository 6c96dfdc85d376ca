import type { Cluster } from '../cluster/cluster.ts'
import type { KafkaError } from '../errors.ts'

export interface FirstContactEvents {
  made(): void
  failed(error: KafkaError): void
}

/**
 * A consumer's first contact with its cluster. Nothing else is asked of the cluster before: a first contact that fails
 * is the user's to know, while afterwards trouble with brokers is waited out.
 */
export class FirstContact {
  readonly #cluster: Cluster
  readonly #events: FirstContactEvents
  #isMade = false
  /** An attempt is under way, or none would help any more. */
  #isSettled = false

  constructor(cluster: Cluster, events: FirstContactEvents) {
    this.#cluster = cluster
    this.#events = events
  }

  get isMade(): boolean {
    return this.#isMade
  }

  /** Tries, unless it is made, or being tried, or was refused for good: a refused password is not shown again. */
  make(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#cluster.connect().then(
      () => {
        this.#isMade = true
        this.#events.made()
      },
      (error: KafkaError) => {
        this.#isSettled = error.fatal
        this.#events.failed(error)
      },
    )
  }
}
