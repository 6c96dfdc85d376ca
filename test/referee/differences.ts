import { inspect, isDeepStrictEqual } from 'node:util'

const CONTEXT_BYTES = 16

/** Where two byte strings part, with what stands around that place in both; undefined if they are the same. */
export function byteDifference(ours: Buffer, theirs: Buffer): string | undefined {
  if (ours.equals(theirs)) return undefined
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  const [a, b] = [ours, theirs].map((bytes) => context(bytes, at))
  return `first at byte ${at} (ours ${ours.length} bytes, Java's ${theirs.length}):\n    ours   ${a}\n    Java's ${b}`
}

/** The byte in question stands in brackets. */
function context(bytes: Buffer, at: number): string {
  const hex = (start: number, end: number): string => bytes.toString('hex', start, end).replace(/..(?=.)/g, '$& ')
  const before = hex(Math.max(0, at - CONTEXT_BYTES), at)
  return `${at > CONTEXT_BYTES ? '… ' : ''}${before} [${hex(at, at + 1)}] ${hex(at + 1, at + CONTEXT_BYTES)}`
}

/** Where two JSON texts part, with what stands around that place in both. */
export function textDifference(actual: string, expected: string): string {
  let at = 0
  while (at < actual.length && actual[at] === expected[at]) at++
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60))
  return `first at character ${at}: ${around(actual)} instead of ${around(expected)}`
}

/** Path of the first place where two values differ, and both values there; undefined if they are the same. */
export function valueDifference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined
  if (isStruct(actual) && isStruct(expected)) {
    for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
      const step = Array.isArray(actual) ? `[${name}]` : path === '' ? name : `.${name}`
      const inner = valueDifference(actual[name], expected[name], path + step)
      if (inner !== undefined) return inner
    }
  }
  return `at ${path || 'the top'}: ${shown(actual)} instead of ${shown(expected)}`
}

function isStruct(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
}

function shown(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity, maxStringLength: 60, maxArrayLength: 4 })
}

/** Differences of one message, of which the first few say enough. */
export class Differences {
  readonly #found: string[] = []
  #count = 0

  add(where: string, what: string): void {
    if (this.#count++ < 3) this.#found.push(`${where}: ${what}`)
  }

  /** @throws Error if there are any */
  expectNone(): void {
    if (this.#count > 0) throw new Error(`Java disagrees ${this.#count} times:\n  ${this.#found.join('\n  ')}`)
  }
}
