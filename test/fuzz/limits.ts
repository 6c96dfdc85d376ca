const MB = 1024 * 1024

/** One input that takes longer, and does so again when it is alone, is a hang in the making. */
export const SLOW_MS = 50
/** By how much what is in use may grow between the first tenth of a run and its end, in each worker. */
export const MAX_GROWTH_BYTES = 8 * MB
/** The same for the whole process. The allocator keeps about 200 MB that were used once, and then no more. */
export const MAX_RSS_GROWTH_BYTES = 256 * MB
/** In a shorter run nothing has settled after a tenth. */
export const MIN_INPUTS_FOR_GROWTH = 100_000

/** The heap is measured for some inputs: it takes a full collection before each. Of the large ones they are more. */
export function measuresHeap(index: number, input: number): boolean {
  return index % (input < 32 * 1024 ? 500 : 10) === 0
}

/** What judging an input may leave on the heap: it is read, written, read again and compared. */
export function maxHeapBytes(input: number): number {
  return 4 * MB + 300 * input
}
