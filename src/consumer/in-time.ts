import { TimeoutError } from '../errors.ts'
import { abortable, type Deadline, withinDeadline } from '../retry.ts'

/**
 * Rejects when time is up or the signal is aborted, even if `promise` never settles; the promise itself goes on.
 * @param what the subject of the TimeoutError's message
 */
export function inTime<T>(promise: Promise<T>, deadline: Deadline, what: string, signal?: AbortSignal): Promise<T> {
  const late = (): TimeoutError => new TimeoutError(`${what} was not done within ${Math.round(deadline.timeoutMs)} ms`)
  return withinDeadline(abortable(promise, signal), deadline, late)
}
