import { integer, mistyped } from '../options.ts'

/** @throws UsageError unless it is a non-empty list of broker ids */
export function readBrokerIds(value: unknown, path: string): number[] {
  if (!Array.isArray(value) || value.length === 0) throw mistyped(path, 'a non-empty array of broker ids', value)
  return value.map((id, i) => integer(0)(id, `${path}[${i}]`))
}
