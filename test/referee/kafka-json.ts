import { defaultOf } from '../../protocol/defaults.ts'
import type { AnyField, Fields } from '../../protocol/fields.ts'
import { exactDefault, isPresent, saysDefault } from './field-versions.ts'
import type { Struct } from './subjects.ts'

/**
 * An input as Kafka's JSON converters write it: all fields of the version but tagged ones with their default, bytes as
 * base64, and int64 with all digits, for which it is text and not an object.
 */
export function structJson(fields: Fields, version: number, struct: Struct): string {
  const members = []
  for (const [name, field] of Object.entries(fields)) {
    if (!isPresent(field, version)) continue
    if (field.tag !== undefined && saysDefault(field, struct[name])) continue
    members.push(
      `"${name}":${valueJson(field, version, struct[name] === undefined ? exactDefault(field) : struct[name])}`,
    )
  }
  return `{${members.join(',')}}`
}

export function valueJson(field: AnyField, version: number, value: unknown): string {
  if (value === null) return 'null'
  const { type } = field
  switch (type.kind) {
    case 'struct':
      return structJson(type.fields, version, value as Struct)
    case 'array':
      return `[${(value as unknown[]).map((element) => valueJson(type.element, version, element)).join(',')}]`
    case 'bytes':
    case 'records':
      return `"${joined(value as Buffer | Buffer[]).toString('base64')}"`
    case 'float64':
      return floatJson(value as number)
    case 'string':
    case 'uuid':
      return JSON.stringify(value)
    default:
      return String(value)
  }
}

/** Always one that Java takes for a double: with a point, or one of the words that JSON has no number for. */
function floatJson(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value)
}

/** What an input must decode to: every field is there, numbers are the nearest ones. */
export function decodedStruct(fields: Fields, version: number, struct: Struct): Struct {
  const decoded: Struct = {}
  for (const [name, field] of Object.entries(fields)) {
    const isThere = isPresent(field, version) && struct[name] !== undefined
    decoded[name] = isThere ? decodedValue(field, version, struct[name]) : defaultOf(field)
  }
  return decoded
}

function decodedValue(field: AnyField, version: number, value: unknown): unknown {
  if (value === null) return null
  const { type } = field
  switch (type.kind) {
    case 'struct':
      return decodedStruct(type.fields, version, value as Struct)
    case 'array':
      return (value as unknown[]).map((element) => decodedValue(type.element, version, element))
    case 'records':
      return joined(value as Buffer | Buffer[])
    case 'int64':
      return Number(value)
    default:
      return value
  }
}

/** The default of each field, in all versions, and under `name[]` those of the structs in it. */
export function defaultsJson(fields: Fields): Struct {
  const defaults: Struct = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = defaultOf(field)
    const { type } = field
    defaults[name] = Buffer.isBuffer(value) ? value.toString('base64') : type.kind === 'struct' && value ? {} : value
    const inner = type.kind === 'array' ? type.element.type : type
    if (inner.kind === 'struct') defaults[`${name}[]`] = defaultsJson(inner.fields)
  }
  return defaults
}

/** Java's defaults of the fields that are declared: its classes also have some of versions that it no longer speaks. */
export function declaredDefaults(fields: Fields, java: Struct): Struct {
  const declared: Struct = {}
  for (const [name, { type }] of Object.entries(fields)) {
    declared[name] = java[name]
    const inner = type.kind === 'array' ? type.element.type : type
    if (inner.kind === 'struct') declared[`${name}[]`] = declaredDefaults(inner.fields, java[`${name}[]`] as Struct)
  }
  return declared
}

function joined(value: Buffer | Buffer[]): Buffer {
  return Array.isArray(value) ? Buffer.concat(value) : value
}
