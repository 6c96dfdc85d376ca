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
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) throw unknownName(name, Object.keys(fields))
    const { kind } = fields[name].type
    if (kind !== 'struct' && kind !== 'array') continue
    try {
      enter(fields[name], (value as Record<string, unknown>)[name])
    } catch (error) {
      throw leaving(name, error)
    }
  }
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
