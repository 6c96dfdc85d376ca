import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR } from '../cluster/error-codes.ts'
import { brokerError } from '../errors.ts'
import type { ProducerStamp } from './batch.ts'

/**
 * The producer id that an idempotent producer gets from the cluster when it first sends. Sequences, and the epochs that
 * follow the first, are each partition's own affair.
 */
export class ProducerIdentity {
  readonly #cluster: Cluster
  readonly #transactionTimeoutMs: number
  readonly #closing: AbortSignal
  #current: ProducerStamp | null = null
  #asking: Promise<void> | null = null

  /** @param closing ends a request under way */
  constructor(cluster: Cluster, transactionTimeoutMs: number, closing: AbortSignal) {
    this.#cluster = cluster
    this.#transactionTimeoutMs = transactionTimeoutMs
    this.#closing = closing
  }

  /** Id and first epoch; null while there is none. */
  get current(): ProducerStamp | null {
    return this.#current
  }

  /** A partition has used up all epochs of this id: another one is needed. */
  retire(producerId: number): void {
    if (this.#current?.producerId === producerId) this.#current = null
  }

  /**
   * Resolves when there is an id. Calls at the same time share one request.
   * @throws KafkaError
   */
  acquire(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    const { errorCode, producerId, producerEpoch } = await this.#cluster.send(
      initProducerId,
      { transactionalId: null, transactionTimeoutMs: this.#transactionTimeoutMs },
      'any',
      { signal: this.#closing, errorCode: (response) => response.errorCode },
    )
    if (errorCode !== 0) {
      const retriable = [COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR].includes(errorCode)
      throw brokerError(errorCode, 'The producer got no producer id', {
        api: initProducerId.name,
        ...(retriable ? { retriable } : {}),
      })
    }
    this.#current = { producerId, epoch: producerEpoch }
  }
}
