import type { AnyField, Fields } from './fields.ts'
import { ZERO_UUID } from './uuid.ts'

const emptyBytes = Buffer.alloc(0)

/** The value that a field decodes to where it is absent; a new one with each call where it can be changed. */
export function defaultOf(field: AnyField): unknown {
  if (field.default !== undefined) return typeof field.default === 'bigint' ? Number(field.default) : field.default
  switch (field.type.kind) {
    case 'boolean':
      return false
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
      return emptyBytes
    case 'records':
      // Kafka's own rule: no records are null, not empty.
      return null
    case 'array':
      return []
    case 'struct':
      return defaultsOf(field.type.fields)
    default:
      return 0
  }
}

/** The struct in which every field has its default. */
export function defaultsOf(fields: Fields): Record<string, unknown> {
  const struct: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) struct[name] = defaultOf(field)
  return struct
}

/** Whether `value`, an input for `field`, says the same as leaving the field out. */
export function isDefault(field: AnyField, value: any): boolean {
  if (value === undefined || value === field.default) return true
  if (value === null || field.default === null) return value === null && defaultOf(field) === null
  switch (field.type.kind) {
    case 'array':
      return Array.isArray(value) && value.length === 0
    case 'bytes':
      return value instanceof Uint8Array && value.length === 0
    case 'struct':
      if (typeof value !== 'object') return false
      return Object.entries(field.type.fields).every(([name, inner]) => isDefault(inner, value[name]))
    case 'int64':
      // The default can be a bigint that the nearest number, which a decoded message holds, stands for.
      return typeof value === 'bigint'
        ? value === BigInt((field.default as number | undefined) ?? 0)
        : value === defaultOf(field)
    default:
      return value === defaultOf(field)
  }
}
