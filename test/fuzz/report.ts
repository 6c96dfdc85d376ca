/** Which inputs of a run a worker takes: every `step`th from `first` on. */
export interface Share {
  readonly seed: number
  readonly api: string | undefined
  readonly inputs: number
  readonly first: number
  readonly step: number
}

export interface Failure {
  readonly index: number
  readonly title: string
  readonly what: string
  readonly hex: string
}

interface Extreme {
  readonly index: number
  readonly title: string
}

/** What a worker has seen since its last report. */
export interface Report {
  done: number
  accepted: number
  bytes: number
  slowest: Extreme & { readonly ms: number }
  /** Of memory outside of the JavaScript heap, for one input. */
  largest: Extreme & { readonly bytes: number }
  /** Of memory on the JavaScript heap, garbage included, for one of the inputs for which it was measured. */
  largestOnHeap: Extreme & { readonly bytes: number }
  /** Inputs that took too long, perhaps because something else ran. */
  readonly suspects: number[]
  readonly failures: Failure[]
  /** At some of the {@link MARKS}: what was in use on the worker's heap and beside it, after a full collection. */
  readonly inUse: Array<{ readonly mark: number; readonly bytes: number }>
}

/** Shares of a run, in percent, after which memory is measured. */
export const MARKS = [10, 25, 50, 75, 100] as const
