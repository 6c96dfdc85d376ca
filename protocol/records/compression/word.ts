/** The four bytes at `at` as one number, to be compared and hashed: faster than Buffer's own, which check their bounds. */
export function word(source: Buffer, at: number): number {
  return source[at] | (source[at + 1] << 8) | (source[at + 2] << 16) | (source[at + 3] << 24)
}
