import { DecodeError } from '../../protocol/errors.ts'

/** An input too large to be made by chance, for a decoder with the limits that it has in use. */
export interface LargeInput {
  readonly title: string
  make(): Buffer
  /** @returns what was read, never null, to be held while memory is measured; throws a DecodeError if it is refused */
  read(bytes: Buffer): unknown
  /** The most that reading may take on the heap and beside it, in bytes, garbage included. */
  maxMemoryBytes(input: number): number
}

/** What became of a large input. */
export interface LargeOutcome {
  readonly title: string
  readonly bytes: number
  readonly accepted: boolean
  readonly ms: number
  readonly memoryBytes: number
  /** What is wrong with it. */
  readonly failure?: string
}

/** What takes longer hangs. */
const MAX_MS = 5000

/** Reads a large input once. */
export async function tryLarge({ title, make, read, maxMemoryBytes }: LargeInput): Promise<LargeOutcome> {
  const input = make()
  globalThis.gc?.()
  const before = inUse()
  const start = performance.now()
  let value: unknown = null
  let failure: string | undefined
  try {
    value = await read(input)
  } catch (error) {
    if (!(error instanceof DecodeError)) failure = error instanceof Error ? error.stack : String(error)
  }
  const ms = performance.now() - start
  const memoryBytes = inUse() - before
  const limit = maxMemoryBytes(input.length)
  if (ms > MAX_MS) failure ??= `It takes ${ms.toFixed(0)} ms`
  if (memoryBytes > limit) failure ??= `It takes ${memoryBytes} bytes of memory; allowed are ${limit}`
  // The value is needed until here, so that it is in what was measured.
  return { title, bytes: input.length, accepted: value !== null, ms, memoryBytes, failure }
}

function inUse(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
