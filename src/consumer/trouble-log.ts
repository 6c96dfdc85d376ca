import type { Logger } from '../diagnostics.ts'
import { monotonicNow } from '../retry.ts'

/** How long something has to go wrong before it is worth a warning, and how often it is repeated. */
export const WARN_EVERY_MS = 10_000

/** Says what keeps a consumer from going on: nothing about a short hiccup, and a line every ten seconds about the rest. */
export class TroubleLog {
  readonly #logger: Logger
  readonly #now: () => number
  readonly #troubles = new Map<string, { since: number; warnedAt: number }>()

  constructor(logger: Logger, now: () => number = monotonicNow) {
    this.#logger = logger
    this.#now = now
  }

  /** `about` goes wrong once more. */
  note(about: string, reason: string): void {
    const now = this.#now()
    const trouble = this.#troubles.get(about)
    if (trouble === undefined) {
      this.#troubles.set(about, { since: now, warnedAt: now })
      this.#logger.debug(`${about}: ${reason}`)
    } else if (now - trouble.warnedAt >= WARN_EVERY_MS) {
      trouble.warnedAt = now
      this.#logger.warn(`${about} for ${Math.round((now - trouble.since) / 1000)} s: ${reason}`)
    }
  }

  /** `about` went right. */
  clear(about: string): void {
    this.#troubles.delete(about)
  }
}
