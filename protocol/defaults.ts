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

/** Makes what {@link defaultOf} gives, as often as called; what there is to find out of the field is found out before. */
export function defaultMaker(field: AnyField): () => unknown {
  const fallback = defaultOf(field)
  if (fallback !== null && field.type.kind === 'array') return () => []
  if (fallback !== null && field.type.kind === 'struct') return structMaker(field.type.fields)
  return () => fallback
}

function structMaker(fields: Fields): () => Record<string, unknown> {
  const template = defaultsOf(fields)
  const own = Object.entries(fields).filter(([, field]) => isChangeable(field))
  const makers = own.map(([name, field]) => ({ name, make: defaultMaker(field) }))
  return () => {
    const struct = { ...template }
    for (const { name, make } of makers) struct[name] = make()
    return struct
  }
}

/** Whether the default must not be shared between decoded messages. */
export function isChangeable({ type, default: fallback }: AnyField): boolean {
  return fallback !== null && (type.kind === 'array' || type.kind === 'struct')
}

/** Tells whether an input for `field` says the same as leaving the field out. */
export function defaultTest(field: AnyField): (value: unknown) => boolean {
  const fallback = defaultOf(field)
  const saysDefault = valueTest(field, fallback)
  return (value) => {
    if (value === undefined || value === field.default) return true
    if (value === null || field.default === null) return value === null && fallback === null
    return saysDefault(value)
  }
}

function valueTest(field: AnyField, fallback: unknown): (value: unknown) => boolean {
  switch (field.type.kind) {
    case 'array':
      return (value) => Array.isArray(value) && value.length === 0
    case 'bytes':
      return (value) => value instanceof Uint8Array && value.length === 0
    case 'struct': {
      const tests = Object.entries(field.type.fields).map(([name, inner]) => ({ name, isDefault: defaultTest(inner) }))
      return (value) => {
        if (typeof value !== 'object') return false
        for (const { name, isDefault } of tests) if (!isDefault((value as Record<string, unknown>)[name])) return false
        return true
      }
    }
    case 'int64': {
      // The default can be a bigint that the nearest number, which a decoded message holds, stands for.
      const exact = BigInt((field.default as number | bigint | undefined) ?? 0)
      return (value) => (typeof value === 'bigint' ? value === exact : value === fallback)
    }
    default:
      return (value) => value === fallback
  }
}
