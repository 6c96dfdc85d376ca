// Bounds on parts of a message, whatever the size of the frame. Nothing beyond them is read; what the first three say is not
// written either. They are Kafka's own, but its classes check the second and third on reading since 4.4 only.

/** UTF-8 bytes of a string. Compact strings have no length that says so, but the same bound. */
export const MAX_STRING_BYTES = 0x7fff
/** Elements of an array. A count is also bound by the bytes that follow; this one keeps small elements few. */
export const MAX_ARRAY_ELEMENTS = 1_000_000
/** Tagged fields of a struct. */
export const MAX_TAGGED_FIELDS = 10_000

// The smallest structs take two bytes in a frame and seventy times as much as objects. What real messages hold takes less
// than eight times its bytes, or is a small part of a message.

/** Memory that every message may take when it is decoded, in bytes. */
export const DECODED_BYTES = 64 * 1024 * 1024
/** Memory that a message may take beyond {@link DECODED_BYTES}, for each of its bytes. */
export const DECODED_BYTES_PER_BYTE = 8
