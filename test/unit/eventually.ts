import { vi } from 'vitest'

/** Longer than anything takes on a machine with too much to do; who waits this long has found a bug. */
const PATIENCE_MS = 20_000

/** Resolves with what `look` gives as soon as it does not throw (or reject) any more. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: PATIENCE_MS, interval: 1 })
}
