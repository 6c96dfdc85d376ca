import type { RequestInput, ResponseOf } from '../../protocol/api.ts'
import type { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { brokerError, KafkaError, TimeoutError } from '../errors.ts'
import { abortable, Backoff, Deadline, sleep, withinDeadline } from '../retry.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE } from './error-codes.ts'
import type { BrokerAddress } from './metadata.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface CoordinatorsOptions {
  /** Puts the question to any broker; the body depends on the version that the broker speaks. */
  ask(
    body: (version: number) => RequestInput<typeof findCoordinator>,
    deadline: Deadline,
  ): Promise<ResponseOf<typeof findCoordinator>>
  /** Why there is no answer yet. */
  trouble(): KafkaError
  /** A broker that metadata may not have named yet. */
  learn(address: BrokerAddress): void
  readonly defaultApiTimeoutMs: number
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

const KEY_TYPE: Record<CoordinatorKind, number> = { group: 0, transaction: 1 }
/** From this version on one request can ask for many keys (KIP-699), and the fields are others. */
const FIRST_BATCHED_VERSION = 4

/** A look-up under way, shared by all who ask meanwhile. It has its own deadline, and each of them theirs. */
interface LookUp {
  readonly result: Promise<number>
  readonly progress: Progress
}

interface Progress {
  lastError: KafkaError | null
}

/** Which broker coordinates a group or a transactional id; remembered until somebody finds out that it is wrong. */
export class Coordinators {
  readonly #options: CoordinatorsOptions
  readonly #known = new Map<string, number>()
  readonly #lookUps = new Map<string, LookUp>()

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
    options: { timeoutMs?: number; deadline?: Deadline; signal?: AbortSignal } = {},
  ): Promise<number> {
    const id = `${kind}:${key}`
    const known = this.#known.get(id)
    if (known !== undefined) return Promise.resolve(known)
    let lookUp = this.#lookUps.get(id)
    if (lookUp === undefined) {
      const progress: Progress = { lastError: null }
      const result = this.#lookUp(kind, key, progress).finally(() => this.#lookUps.delete(id))
      lookUp = { result, progress }
      this.#lookUps.set(id, lookUp)
    }
    const { result, progress } = lookUp
    const { timeoutMs = this.#options.defaultApiTimeoutMs, deadline = new Deadline(timeoutMs), signal } = options
    return withinDeadline(abortable(result, signal), deadline, () => {
      return noCoordinator(kind, key, deadline.timeoutMs, progress.lastError ?? this.#options.trouble())
    })
  }

  /** That broker answered that it is not the coordinator, or it cannot be reached. */
  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind}:${key}`)
  }

  async #lookUp(kind: CoordinatorKind, key: string, progress: Progress): Promise<number> {
    const deadline = new Deadline(this.#options.defaultApiTimeoutMs)
    const backoff = new Backoff(this.#options.retryBackoffMs, this.#options.retryBackoffMaxMs)
    const keyType = KEY_TYPE[kind]
    for (;;) {
      try {
        const response = await this.#options.ask((version) => {
          return version >= FIRST_BATCHED_VERSION ? { keyType, coordinatorKeys: [key] } : { keyType, key }
        }, deadline)
        // Before version 4 the one answer stands where the list stands later.
        const { errorCode, nodeId, host, port } = response.coordinators[0] ?? response
        if (errorCode === 0) {
          this.#options.learn({ id: nodeId, host, port, rack: null })
          this.#known.set(`${kind}:${key}`, nodeId)
          return nodeId
        }
        const error = brokerError(errorCode, `Coordinator of ${kind} '${key}'`, { resource: key })
        if (errorCode !== COORDINATOR_NOT_AVAILABLE && errorCode !== COORDINATOR_LOAD_IN_PROGRESS) throw error
        progress.lastError = error
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        progress.lastError = error
      }
      const delay = backoff.next()
      if (delay >= deadline.remainingMs) throw noCoordinator(kind, key, deadline.timeoutMs, progress.lastError)
      await sleep(delay)
    }
  }
}

function noCoordinator(kind: CoordinatorKind, key: string, timeoutMs: number, cause: KafkaError): TimeoutError {
  return new TimeoutError(`No coordinator of ${kind} '${key}' within ${timeoutMs} ms: ${cause.message}`, { cause })
}
