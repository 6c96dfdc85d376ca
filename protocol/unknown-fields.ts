import { EncodeError } from './errors.ts'
import { leaving } from './field-path.ts'
import type { AnyField, Fields } from './fields.ts'
import { nearestName } from './nearest-name.ts'

/**
 * Refuses names that no version of a message has. A mistyped field that may be left out would get lost without a word.
 * A value of a wrong type is passed over: that is for the codec to say.
 * @throws EncodeError that knows the path to the name
 */
export function refuseUnknownFields(fields: Fields, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  const { names, containers } = outlineOf(fields)
  const keys = Object.keys(value)
  for (let i = 0; i < keys.length; i++) if (!names.has(keys[i])) throw unknownName(keys[i], [...names])
  for (let i = 0; i < containers.length; i++) {
    const [name, field] = containers[i]
    try {
      enter(field, (value as Record<string, unknown>)[name])
    } catch (error) {
      throw leaving(name, error)
    }
  }
}

/** What the walk needs of a declaration: its names, and the fields that can hold other names. */
interface Outline {
  readonly names: ReadonlySet<string>
  readonly containers: ReadonlyArray<[name: string, field: AnyField]>
}

const outlines = new WeakMap<Fields, Outline>()

function outlineOf(fields: Fields): Outline {
  const known = outlines.get(fields)
  if (known !== undefined) return known
  const entries = Object.entries(fields)
  const outline = { names: new Set(Object.keys(fields)), containers: entries.filter(([, field]) => holdsNames(field)) }
  outlines.set(fields, outline)
  return outline
}

function holdsNames({ type }: AnyField): boolean {
  return type.kind === 'struct' || (type.kind === 'array' && type.element.type.kind === 'struct')
}

/**
 * Refuses keys of `value` that are not `known`.
 * @throws EncodeError that knows the key
 */
export function refuseUnknownNames(value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) if (!known.includes(name)) throw unknownName(name, known)
}

function unknownName(name: string, known: readonly string[]): unknown {
  const meant = nearestName(name, known)
  const suggestion = meant === null ? '' : `; did you mean '${meant}'?`
  return leaving(name, new EncodeError(`no such field${suggestion}`))
}

function enter({ type }: AnyField, content: unknown): void {
  if (type.kind === 'struct') refuseUnknownFields(type.fields, content)
  if (type.kind !== 'array' || !Array.isArray(content)) return
  const element = type.element.type
  if (element.kind !== 'struct') return
  for (let i = 0; i < content.length; i++) {
    try {
      refuseUnknownFields(element.fields, content[i])
    } catch (error) {
      throw leaving(`[${i}]`, error)
    }
  }
}
