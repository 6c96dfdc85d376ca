import { setTimeout as delay } from 'node:timers/promises'

/**
 * Asks candidates one after another and takes the first answer. The next one is asked as soon as one
 * fails, or when nothing has been heard for `patienceMs`: a dead address must not hold up the living.
 * Late answers of the others are ignored.
 * @returns the answer, or each candidate's failure in the order of the candidates
 */
export async function firstAnswer<C, T>(
  candidates: readonly C[],
  ask: (candidate: C) => Promise<T>,
  patienceMs: number,
): Promise<{ answer: T } | { failures: Array<{ candidate: C; error: unknown }> }> {
  const failures = new Map<C, unknown>()
  const pending = new Set<Promise<{ answer: T } | null>>()
  for (const candidate of candidates) {
    const attempt: Promise<{ answer: T } | null> = ask(candidate).then(
      (answer) => ({ answer }),
      (error: unknown) => {
        failures.set(candidate, error)
        pending.delete(attempt)
        return null
      },
    )
    pending.add(attempt)
    const patience = new AbortController()
    const timer = delay(patienceMs, null, { signal: patience.signal }).catch(() => null)
    const first = await Promise.race([...pending, timer])
    patience.abort()
    if (first !== null) return first
  }
  while (pending.size > 0) {
    const first = await Promise.race(pending)
    if (first !== null) return first
  }
  return { failures: candidates.map((candidate) => ({ candidate, error: failures.get(candidate) })) }
}
