import { isDeepStrictEqual } from 'node:util'
import { defaultOf } from '../../protocol/defaults.ts'
import type { AnyField } from '../../protocol/fields.ts'
import { includesVersion, parseVersions } from '../../protocol/versions.ts'

export function isPresent(field: AnyField, version: number): boolean {
  return field.versions === undefined || includesVersion(parseVersions(field.versions), version)
}

export function mayBeNull(field: AnyField, version: number): boolean {
  return field.nullableVersions !== undefined && includesVersion(parseVersions(field.nullableVersions), version)
}

/** What stands for an input that is left out, exact where a decoded default is only the nearest number. */
export function exactDefault(field: AnyField): unknown {
  return field.default ?? defaultOf(field)
}

/** Whether an input says the default: not with the encoder's own rule, which is what is judged here. */
export function saysDefault(field: AnyField, value: unknown): boolean {
  if (value === undefined) return true
  const { type } = field
  if (type.kind === 'struct' && value !== null && exactDefault(field) !== null) {
    return Object.entries(type.fields).every(([name, inner]) => saysDefault(inner, (value as never)[name]))
  }
  const plain = exactDefault(field)
  if (type.kind === 'int64') return BigInt(value as number | bigint) === BigInt(plain as number | bigint)
  if (type.kind === 'float64') return value === plain
  return isDeepStrictEqual(value, plain)
}
