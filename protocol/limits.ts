// Kafka's own bounds on parts of a message, whatever the size of the frame. Nothing beyond them is read or written here. Its
// classes have those on arrays and tagged fields since 4.4, and only where they read.

/** UTF-8 bytes of a string. Compact strings have no length that says so, but the same bound. */
export const MAX_STRING_BYTES = 0x7fff
/** Elements of an array. A count is also bound by the bytes that follow; this one keeps small elements few. */
export const MAX_ARRAY_ELEMENTS = 1_000_000
/** Tagged fields of a struct. */
export const MAX_TAGGED_FIELDS = 10_000

// Ours. The smallest structs take two bytes in a frame, and forty times as much as objects; what real messages are made of
// takes less than eight times its bytes, or there is less of it than the first bound lets pass.

/** Memory that every message may take when it is decoded, in bytes. */
export const DECODED_BYTES = 64 * 1024 * 1024
/** Memory that a message may take beyond {@link DECODED_BYTES}, for each of its bytes. */
export const DECODED_BYTES_PER_BYTE = 8
