import { type Deadline, MAX_TIMER_MS } from '../retry.ts'

export interface FirstAnswerOptions<C> {
  /** How long a candidate may keep silent before the next one is asked as well. */
  readonly patienceMs: number
  readonly deadline: Deadline
  /** Takes up who was asked without an answer: the failure, or `null` while there is none. */
  readonly failures: Map<C, unknown>
  /** Whether a failure is an answer as well, as all other candidates would give the same. */
  isFinal(error: unknown): boolean
}

/**
 * Asks candidates one after another and takes the first answer. The next one is asked as soon as one
 * fails, or when it keeps silent: a dead address must not hold up the living. Late answers of the others are ignored.
 * @returns null if none has answered when all have failed or time is up
 * @throws a final failure at once
 */
export async function firstAnswer<C, T>(
  candidates: readonly C[],
  ask: (candidate: C) => Promise<T>,
  { patienceMs, deadline, failures, isFinal }: FirstAnswerOptions<C>,
): Promise<{ answer: T } | null> {
  const pending = new Set<Promise<{ answer: T } | null>>()
  const settled = async (ms: number): Promise<{ answer: T } | null> => {
    const { promise: patience, resolve: end } = Promise.withResolvers<null>()
    const timer = setTimeout(end, Math.min(ms, deadline.remainingMs), null)
    try {
      return await Promise.race([...pending, patience])
    } finally {
      clearTimeout(timer)
    }
  }
  for (const candidate of candidates) {
    if (deadline.expired) return null
    failures.set(candidate, null)
    const attempt: Promise<{ answer: T } | null> = ask(candidate).then(
      (answer) => {
        failures.delete(candidate)
        return { answer }
      },
      (error: unknown) => {
        if (isFinal(error)) throw error
        failures.set(candidate, error)
        pending.delete(attempt)
        return null
      },
    )
    pending.add(attempt)
    const first = await settled(patienceMs)
    if (first !== null) return first
  }
  while (pending.size > 0 && !deadline.expired) {
    const first = await settled(MAX_TIMER_MS)
    if (first !== null) return first
  }
  return null
}
