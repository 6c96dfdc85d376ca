import { defaultOf } from '../../protocol/defaults.ts'
import type { AnyField, Fields } from '../../protocol/fields.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import { includesVersion, parseVersions } from '../../protocol/versions.ts'
import type { FieldDefinition, MessageDefinition } from './kafka-definitions.ts'

// Both a declaration and Kafka's definition are reduced to the same lines of text, one a field, so that a test that
// fails shows which field differs, and how.

/** One field of a message in one version. */
export interface FieldLine {
  readonly path: string
  /** What it is in the version; undefined if the version lacks it. */
  readonly traits: string | undefined
  /** Has a meaning in versions that lack the field only. */
  readonly ignorable: boolean
}

function traitsOf(type: string, nullable: boolean, tag: number | undefined, fallback: unknown): string {
  const traits = [type, nullable && 'nullable', tag !== undefined && `tag ${tag}`]
  return [...traits.filter(Boolean), `default ${JSON.stringify(fallback)}`].join(', ')
}

function has(versions: string | undefined, version: number, otherwise: boolean): boolean {
  if (versions === undefined) return otherwise
  return versions !== 'none' && includesVersion(parseVersions(versions), version)
}

/** The fields that a declaration has in one version, in the order of the wire. */
export function declaredLayout(fields: Fields, version: number, prefix = ''): FieldLine[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = prefix + name
    const ignorable = field.ignorable === true
    if (!has(field.versions, version, true)) return [{ path, traits: undefined, ignorable }]
    const type = declaredType(field)
    const nullable = has(field.nullableVersions, version, false)
    const fallback = simple(field.default === undefined ? defaultOf(field) : field.default, type)
    const line = { path, traits: traitsOf(type, nullable, field.tag, fallback), ignorable }
    return [line, ...declaredLayout(innerFields(field), version, `${path}.`)]
  })
}

function declaredType(field: AnyField): string {
  return field.type.kind === 'array' ? `[]${declaredType(field.type.element)}` : field.type.kind
}

function innerFields(field: AnyField): Fields {
  if (field.type.kind === 'array') return innerFields(field.type.element)
  return field.type.kind === 'struct' ? field.type.fields : {}
}

/** The fields that Kafka's definition has in one version, in the order of the wire. */
export function definedLayout(message: MessageDefinition, version: number): FieldLine[] {
  const structs = new Map((message.commonStructs ?? []).map(({ name, fields }) => [name, fields]))
  const layout = (fields: FieldDefinition[], prefix: string): FieldLine[] =>
    fields.flatMap((field) => {
      const path = `${prefix}${field.name[0].toLowerCase()}${field.name.slice(1)}`
      const ignorable = field.ignorable === true
      if (!has(field.versions, version, true)) return [{ path, traits: undefined, ignorable }]
      const type = definedType(field.type)
      const nullable = has(field.nullableVersions, version, false)
      const tag = has(field.taggedVersions, version, false) ? field.tag : undefined
      const fallback = simple(definedDefault(field.default, type), type)
      const line = { path, traits: traitsOf(type, nullable, tag, fallback), ignorable }
      return [line, ...layout(field.fields ?? structs.get(field.type.replace('[]', '')) ?? [], `${path}.`)]
    })
  return layout(message.fields, '')
}

function definedType(type: string): string {
  if (type.startsWith('[]')) return `[]${definedType(type.slice(2))}`
  if (type === 'bool') return 'boolean'
  return /^[A-Z]/.test(type) ? 'struct' : type
}

function definedDefault(text: FieldDefinition['default'], type: string): unknown {
  if (text === 'null') return null
  if (type === 'boolean') return String(text ?? false) === 'true'
  if (/^(u?int|float)/.test(type)) return BigInt(text === undefined || text === '' ? 0 : (text as string))
  if (type === 'uuid') return ZERO_UUID
  // Records are the one type whose default is null although the definition does not say so.
  return type === 'records' ? null : (text ?? '')
}

/** A default in a form that both sides share. What is empty or made of other defaults is an empty text. */
function simple(fallback: unknown, type: string): unknown {
  if (fallback === null || type === 'string' || type === 'boolean' || type === 'uuid') return fallback
  return /^(u?int|float)/.test(type) ? String(fallback) : ''
}
