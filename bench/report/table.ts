/** A markdown table; all columns but the first are figures. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const rule = header.map((_, i) => (i === 0 ? '---' : '--:'))
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The middle one; between two middle ones, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A whole number with a comma between thousands. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
