import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import type { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { brokerError, KafkaError, TimeoutError } from '../errors.ts'
import { abortable, Backoff, Deadline, sleep } from '../retry.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE } from './error-codes.ts'
import type { BrokerAddress } from './metadata.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface CoordinatorsOptions {
  /** Puts the question to any broker; the body depends on the version that the broker speaks. */
  ask(body: (version: number) => RequestInput<typeof findCoordinator>): Promise<ResponseOf<typeof findCoordinator>>
  /** A broker that metadata may not have named yet. */
  learn(address: BrokerAddress): void
  readonly defaultApiTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

const KEY_TYPE: Record<CoordinatorKind, number> = { group: 0, transaction: 1 }
/** From this version on one request can ask for many keys (KIP-699), and the fields are others. */
const FIRST_BATCHED_VERSION = 4

/** Which broker coordinates a group or a transactional id; remembered until somebody finds out that it is wrong. */
export class Coordinators {
  readonly #options: CoordinatorsOptions
  readonly #known = new Map<string, number>()
  readonly #lookups = new Map<string, Promise<number>>()

  constructor(options: CoordinatorsOptions) {
    this.#options = options
  }

  /**
   * @returns the broker's id
   * @throws AuthorizationError, or TimeoutError when there is none within `timeoutMs`
   */
  find(
    kind: CoordinatorKind,
    key: string,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<number> {
    const id = `${kind}:${key}`
    const known = this.#known.get(id)
    if (known !== undefined) return Promise.resolve(known)
    let lookup = this.#lookups.get(id)
    if (lookup === undefined) {
      lookup = this.#lookUp(kind, key, options.timeoutMs ?? this.#options.defaultApiTimeoutMs).finally(() => {
        this.#lookups.delete(id)
      })
      this.#lookups.set(id, lookup)
    }
    return abortable(lookup, options.signal)
  }

  /** That broker answered that it is not the coordinator, or it cannot be reached. */
  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind}:${key}`)
  }

  async #lookUp(kind: CoordinatorKind, key: string, timeoutMs: number): Promise<number> {
    const deadline = new Deadline(timeoutMs)
    const backoff = new Backoff(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs)
    const keyType = KEY_TYPE[kind]
    let lastError: KafkaError
    for (;;) {
      try {
        const response = await this.#options.ask((version) =>
          version >= FIRST_BATCHED_VERSION ? { keyType, coordinatorKeys: [key] } : { keyType, key },
        )
        // Before version 4 the one answer stands where the list stands later.
        const { errorCode, nodeId, host, port } = response.coordinators[0] ?? response
        if (errorCode === 0) {
          this.#options.learn({ id: nodeId, host, port, rack: null })
          this.#known.set(`${kind}:${key}`, nodeId)
          return nodeId
        }
        lastError = brokerError(errorCode, `Coordinator of ${kind} '${key}'`, { resource: key })
        if (errorCode !== COORDINATOR_NOT_AVAILABLE && errorCode !== COORDINATOR_LOAD_IN_PROGRESS) throw lastError
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        lastError = error
      }
      const delay = backoff.next()
      if (delay >= deadline.remainingMs) {
        throw new TimeoutError(`No coordinator of ${kind} '${key}' within ${timeoutMs} ms: ${lastError.message}`, {
          cause: lastError,
        })
      }
      await sleep(delay)
    }
  }
}
