/** Bounds that Kafka sets to parts of a message, whatever the size of the frame. Nothing beyond them is read or written. */

/** UTF-8 bytes of a string. Compact strings have no length that says so, but the same bound. */
export const MAX_STRING_BYTES = 0x7fff
/** Elements of an array. A count is also bound by the bytes that follow; this one keeps small elements few. */
export const MAX_ARRAY_ELEMENTS = 1_000_000
/** Tagged fields of a struct. */
export const MAX_TAGGED_FIELDS = 10_000
