import type { AnyApi } from '../../protocol/api.ts'
import type { KafkaError } from '../errors.ts'
import { MAX_TIMER_MS, monotonicNow } from '../retry.ts'

/**
 * From which version on a broker answers at once when a quota is exceeded, and trusts the client to pause for the
 * throttle time (KIP-219). In older versions it held the answer back itself. In what is not listed a throttle time only
 * appeared when this was the rule.
 */
const FIRST_VERSION: Readonly<Record<string, number>> = {
  Produce: 6,
  Fetch: 8,
  ListOffsets: 3,
  Metadata: 6,
  OffsetCommit: 4,
  OffsetFetch: 4,
  FindCoordinator: 2,
  JoinGroup: 3,
  Heartbeat: 2,
  LeaveGroup: 2,
  SyncGroup: 2,
  ApiVersions: 2,
  CreateTopics: 3,
  DeleteTopics: 2,
  InitProducerId: 1,
  CreatePartitions: 1,
  DescribeConfigs: 2,
}

export function throttledByClient(api: AnyApi, version: number): boolean {
  return version >= (FIRST_VERSION[api.name] ?? 0)
}

/** The time for which a broker wants to be left alone. All who wait for its end go on in the order in which they came. */
export class Pause {
  /** Resolves when the time is over; rejects when it was cancelled. */
  readonly over: Promise<void>
  readonly #resolve: () => void
  readonly #reject: (reason: KafkaError) => void
  readonly #onOver: () => void
  #until = 0
  #timer: NodeJS.Timeout | null = null

  /** @param onOver called before those who wait go on */
  constructor(onOver: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Nobody may be waiting.
    promise.catch(() => {})
    this.over = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#onOver = onOver
  }

  /** Lasts for at least this long from now on. */
  extend(ms: number): void {
    const until = monotonicNow() + ms
    if (until <= this.#until) return
    this.#until = until
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#end(), Math.min(ms, MAX_TIMER_MS))
    // Whoever waits has a deadline, whose timer keeps the process alive; without anybody nothing should.
    this.#timer.unref()
  }

  cancel(reason: KafkaError): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#reject(reason)
  }

  #end(): void {
    this.#onOver()
    this.#resolve()
  }
}
