import { type KafkaError, TimeoutError } from '../errors.ts'
import { abortable, type Deadline, withinDeadline } from '../retry.ts'

/**
 * Rejects when time is up or the signal is aborted, even if `promise` never settles; the promise itself goes on.
 * @param what the subject of the TimeoutError's message
 * @param progress what went wrong so far, which the error then says
 */
export function inTime<T>(
  promise: Promise<T>,
  deadline: Deadline,
  what: string,
  signal?: AbortSignal,
  progress: Progress = {},
): Promise<T> {
  return withinDeadline(abortable(promise, signal), deadline, () => lateError(what, deadline, progress.lastError))
}

/** How something that is tried again and again gets on. */
export interface Progress {
  lastError?: KafkaError
}

export function lateError(what: string, { timeoutMs }: Deadline, cause: KafkaError | undefined): TimeoutError {
  const reason = cause === undefined ? '' : `: ${cause.message}`
  return new TimeoutError(`${what} was not done within ${Math.round(timeoutMs)} ms${reason}`, { cause })
}
