import { describe, invalidOption, mistyped, nonEmptyText } from '../options.ts'

/** @throws UsageError unless `value` is a list of names without repetition; `path` is how the error calls it */
export function readNames(value: unknown, path: string): string[] {
  if (!Array.isArray(value)) throw mistyped(path, 'an array of names', value)
  const names = value.map((name, i) => nonEmptyText(name, `${path}[${i}]`))
  refuseRepetition(names, path)
  return names
}

/** Results are kept by name: two outcomes under one name could not both be told. */
export function refuseRepetition(names: readonly string[], path: string): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw invalidOption(`${path} names ${describe(name)} twice`)
    seen.add(name)
  }
}

/** The entries of an object or `Map` keyed by name. */
export function readEntries(value: unknown, path: string): Array<[name: string, value: unknown]> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw mistyped(path, 'an object or a Map keyed by name', value)
  }
  const entries: Array<[name: unknown, value: unknown]> = value instanceof Map ? [...value] : Object.entries(value)
  return entries.map(([name, each]) => [nonEmptyText(name, `a key of ${path}`), each])
}
