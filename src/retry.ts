import { AbortError, type KafkaError } from './errors.ts'

/** The longest delay that Node's timers keep; a longer one would fire after a millisecond. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** Milliseconds of a clock that never jumps; only differences mean anything. */
export function monotonicNow(): number {
  return performance.now()
}

/**
 * Exponential backoff with jitter (KIP-580): each delay is twice the one before, up to a maximum,
 * and is spread by ±20 % so that clients do not come back all at once.
 */
export class Backoff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #attempts = 0

  constructor(initialMs: number, maxMs: number, random: () => number = Math.random) {
    this.#initialMs = initialMs
    this.#maxMs = Math.max(initialMs, maxMs)
    this.#random = random
  }

  /** The delay before the next try, in ms. */
  next(): number {
    // 2 ** 30 is beyond every maximum; the cap keeps the power finite.
    const exponential = this.#initialMs * 2 ** Math.min(this.#attempts++, 30)
    return Math.min(exponential, this.#maxMs) * (0.8 + 0.4 * this.#random())
  }

  reset(): void {
    this.#attempts = 0
  }
}

/** Waits; a pending wait keeps the process alive. Rejects with `AbortError` when the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal))
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(abortError(signal))
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      Math.min(Math.max(0, ms), MAX_TIMER_MS),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The error that a call rejects with when its `signal` was aborted. */
export function abortError(signal: AbortSignal | undefined): AbortError {
  return new AbortError('The operation was aborted', { cause: signal?.reason })
}

/** Rejects as soon as the signal is aborted, even if `promise` never settles; the promise itself goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** A point on the monotonic clock by which something must be done. */
export class Deadline {
  readonly timeoutMs: number
  readonly #at: number

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
    this.#at = monotonicNow() + timeoutMs
  }

  /** Milliseconds left, never negative. */
  get remainingMs(): number {
    return Math.max(0, this.#at - monotonicNow())
  }

  get expired(): boolean {
    return this.remainingMs === 0
  }
}

/** Rejects at the deadline with what `late` makes, even if `promise` never settles; the promise itself goes on. */
export function withinDeadline<T>(promise: Promise<T>, deadline: Deadline, late: () => KafkaError): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.min(deadline.remainingMs, MAX_TIMER_MS))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
