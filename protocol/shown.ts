/** How a wrong value is named in an error: short, and never text or bytes, which may be a secret. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`.length > 40 ? 'a bigint of that size' : `${value}n`
  if (typeof value === 'number' || value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  const kind = typeof value === 'object' ? className(value) : typeof value
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`
}

function className(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name !== 'string' || name === 'Object' || name === '' ? 'object' : name
}
