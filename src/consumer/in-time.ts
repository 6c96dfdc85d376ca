import { TimeoutError } from '../errors.ts'
import { abortable, type Deadline, MAX_TIMER_MS } from '../retry.ts'

/**
 * Rejects when time is up or the signal is aborted, even if `promise` never settles; the promise itself goes on.
 * @param what the subject of the TimeoutError's message
 */
export function inTime<T>(
  promise: Promise<T>,
  deadline: Deadline,
  what: string,
  signal: AbortSignal | undefined = undefined,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onTimeout = (): void => reject(new TimeoutError(`${what} was not done within ${deadline.timeoutMs} ms`))
    const timer = setTimeout(onTimeout, Math.min(deadline.remainingMs, MAX_TIMER_MS))
    abortable(promise, signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
