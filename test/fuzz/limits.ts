const MB = 1024 * 1024

/** One input that takes longer, and does so again when it is alone, is a hang in the making. */
export const SLOW_MS = 50
/** By how much what is in use may grow between the first tenth of a run and its end, in each worker. */
export const MAX_GROWTH_BYTES = 8 * MB
/** The same for the whole process. The allocator keeps about 200 MB that were used once, and then no more. */
export const MAX_RSS_GROWTH_BYTES = 256 * MB
/** In a shorter run nothing has settled after a tenth. */
export const MIN_INPUTS_FOR_GROWTH = 100_000
