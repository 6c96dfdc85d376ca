import { BrokerError, KafkaError, PartialFailureError } from '../errors.ts'

/** What became of one thing of a call about several: its result, or why it failed. */
export type Outcome<T> = T | KafkaError

/** Results by name. It has no prototype, as `__proto__` is a legal name. */
export type ByName<T> = Record<string, T>

export function byName<T>(entries: Iterable<readonly [name: string, value: T]> = []): ByName<T> {
  const result = Object.create(null) as ByName<T>
  for (const [name, value] of entries) result[name] = value
  return result
}

/**
 * The error of a call of which `failures` failed and `results` holds every outcome. Its `code` is theirs
 * if they all have the same, so that a call about one topic can be judged like any other.
 */
function partialFailure<Results>(
  method: string,
  asked: number,
  failures: readonly KafkaError[],
  results: Results,
): PartialFailureError<Results> {
  const first = failures[0]
  const sameCode = failures.every((failure) => failure.code === first.code)
  const others = failures.length === 1 ? '' : ` (and ${failures.length - 1} more)`
  const count = asked === 1 ? '' : `${failures.length} of ${asked} failed: `
  return new PartialFailureError(`${method}: ${count}${first.message}${others}`, results, {
    code: sameCode ? first.code : 'PARTIAL_FAILURE',
    retriable: failures.every((failure) => failure.retriable),
    topic: failures.length === 1 ? first.topic : undefined,
    cause: first,
  })
}

/**
 * What came of one thing of a call: a failure is its outcome.
 * @throws what is no outcome: an aborted signal, which ends the whole call, and mistakes in this client
 */
export function outcomeOf<T>(call: { readonly signal: AbortSignal }, promise: Promise<T>): Promise<Outcome<T>> {
  return promise.catch((error: unknown) => {
    if (!(error instanceof KafkaError) || call.signal.aborted) throw error
    return error
  })
}

/**
 * The results of a call that answers with a list, in the order asked.
 * @throws PartialFailureError with all outcomes if any failed; the failure itself where it is that of the whole call
 */
export function everyResult<T>(method: string, outcomes: ReadonlyArray<Outcome<T>>): T[] {
  refuseFailures(method, outcomes, outcomes)
  return outcomes as T[]
}

/**
 * Likewise, for a call that answers by name.
 * @throws as `everyResult`
 */
export function everyResultByName<T>(method: string, outcomes: ByName<Outcome<T>>): ByName<T> {
  refuseFailures(method, Object.values(outcomes), outcomes)
  return outcomes as ByName<T>
}

/**
 * @param results how the error holds the outcomes
 * @throws as `everyResult`
 */
export function refuseFailures(method: string, outcomes: readonly unknown[], results: unknown): void {
  const failures = outcomes.filter((outcome) => outcome instanceof KafkaError)
  if (failures.length === 0) return
  if (failures.length === outcomes.length && isOfTheCall(failures)) throw failures[0]
  throw partialFailure(method, outcomes.length, failures, results)
}

/** Whether there is but one thing to tell, such as a wrong password, and no broker has said it of the things themselves. */
function isOfTheCall(failures: readonly KafkaError[]): boolean {
  const [{ code, message }] = failures
  return failures.every((failure) => failure.code === code && failure.message === message && !hasAnswer(failure))
}

/** Whether a broker said it, be it of one that does not exist; a failure of several things holds what it said about each. */
function hasAnswer(failure: KafkaError): boolean {
  const isOfOneThing = failure instanceof BrokerError || failure.code === 'BROKER_NOT_AVAILABLE'
  return isOfOneThing || failure instanceof PartialFailureError
}
