import { defaultsOf } from '../../protocol/defaults.ts'
import type { AnyField, Fields } from '../../protocol/fields.ts'
import { exactDefault, isPresent, mayBeNull, saysDefault } from './field-versions.ts'
import { valueJson } from './kafka-json.ts'
import type { Struct } from './subjects.ts'

/** A change to one field of a valid value, which may make it one that cannot be written. */
export interface Alteration {
  /** What is wrong with it, if anything is. */
  readonly reason: string
  readonly path: readonly (string | number)[]
  readonly replacement: unknown
  /** The replacement as the referee takes it. */
  readonly json: string
}

const TOO_LONG = 'ü'.repeat(0x4000)

/**
 * Everything about the fields of `value` that a version may have to refuse: others than the default in fields that it
 * lacks, null where it knows none, texts that are too long. Of each array, the first element counts.
 */
export function alterationsOf(fields: Fields, version: number, value: Struct): Alteration[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (!isPresent(field, version)) return ofAbsent(name, field, version)
    return [...ofPresent(name, field, version), ...ofInner(name, field, version, value[name])]
  })
}

function ofAbsent(name: string, field: AnyField, version: number): Alteration[] {
  const other = otherThanDefault(field)
  const alterations = [{ reason: 'absent', path: [name], replacement: other, json: jsonOf(field, version, other) }]
  if (field.nullableVersions !== undefined && !saysDefault(field, null)) {
    alterations.push({ reason: 'absent and null', path: [name], replacement: null as never, json: 'null' })
  }
  return alterations
}

function ofPresent(name: string, field: AnyField, version: number): Alteration[] {
  const alterations: Alteration[] = []
  const { kind } = field.type
  if (!mayBeNull(field, version) && ['array', 'bytes', 'records', 'string', 'struct', 'uuid'].includes(kind)) {
    alterations.push({ reason: 'null', path: [name], replacement: null, json: 'null' })
  }
  if (kind === 'string') {
    alterations.push({ reason: 'too long', path: [name], replacement: TOO_LONG, json: JSON.stringify(TOO_LONG) })
  }
  return alterations
}

function ofInner(name: string, field: AnyField, version: number, value: unknown): Alteration[] {
  const { type } = field
  if (value === null || value === undefined) return []
  const below = (fields: Fields, inner: unknown, ...steps: (string | number)[]): Alteration[] =>
    alterationsOf(fields, version, inner as Struct).map((one) => ({ ...one, path: [...steps, ...one.path] }))
  if (type.kind === 'struct') return below(type.fields, value, name)
  if (type.kind !== 'array' || type.element.type.kind !== 'struct') return []
  const [first] = value as unknown[]
  return first === undefined ? [] : below(type.element.type.fields, first, name, 0)
}

/** A value that a version without the field cannot drop, unless that is allowed. */
function otherThanDefault(field: AnyField): unknown {
  const { type } = field
  switch (type.kind) {
    case 'boolean':
      return exactDefault(field) !== true
    case 'string':
      return 'not the default'
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAQ'
    case 'bytes':
    case 'records':
      return Buffer.from('not the default')
    case 'float64':
      return 0.5
    case 'array':
      return [
        type.element.type.kind === 'struct' ? defaultsOf(type.element.type.fields) : otherThanDefault(type.element),
      ]
    case 'struct': {
      const [[name, first]] = Object.entries(type.fields)
      return { ...defaultsOf(type.fields), [name]: otherThanDefault(first) }
    }
    default:
      return saysDefault(field, 7) ? 8 : 7
  }
}

/** Without what the replacement has by default: it may be absent from the version that the JSON is made for. */
function jsonOf(field: AnyField, version: number, value: unknown): string {
  const { type } = field
  if (type.kind === 'array' && type.element.type.kind === 'struct') return '[{}]'
  if (type.kind !== 'struct') return valueJson(field, version, value)
  const [[name, first]] = Object.entries(type.fields)
  return `{"${name}":${jsonOf(first, version, (value as Struct)[name])}}`
}

/** A copy of `value` with the alteration in it. */
export function altered(value: Struct, { path, replacement }: Alteration): Struct {
  const [step, ...rest] = path
  const copy = Array.isArray(value) ? [...value] : { ...value }
  const inner = (value as Record<string | number, unknown>)[step]
  Reflect.set(
    copy,
    step,
    rest.length === 0 ? replacement : altered(inner as Struct, { path: rest, replacement } as never),
  )
  return copy as Struct
}

/** As errors name it. */
export function pathText({ path }: Alteration): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')
}
