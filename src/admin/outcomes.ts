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
export function partialFailure<Results>(
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
 * The results of a call that answers with a list, in the order asked.
 * @throws PartialFailureError with all outcomes if any failed; the failure itself where no broker has said anything
 * about any of them
 */
export function everyResult<T>(method: string, outcomes: ReadonlyArray<Outcome<T>>): T[] {
  const failures = outcomes.filter((outcome) => outcome instanceof KafkaError)
  if (failures.length === 0) return outcomes as T[]
  if (failures.length === outcomes.length && !failures.some(hasAnswer)) throw failures[0]
  throw partialFailure(method, outcomes.length, failures, outcomes)
}

/** Whether a broker said it; a failure of several things holds what it said about each. */
function hasAnswer(failure: KafkaError): boolean {
  return failure instanceof BrokerError || failure instanceof PartialFailureError
}

/**
 * Likewise, for a call that answers by name.
 * @throws as `everyResult`
 */
export function everyResultByName<T>(method: string, outcomes: ByName<Outcome<T>>): ByName<T> {
  const all = Object.values(outcomes)
  const failures = all.filter((outcome) => outcome instanceof KafkaError)
  if (failures.length === 0) return outcomes as ByName<T>
  if (failures.length === all.length && !failures.some(hasAnswer)) throw failures[0]
  throw partialFailure(method, all.length, failures, outcomes)
}
