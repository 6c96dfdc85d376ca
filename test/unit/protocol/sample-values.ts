import type { AnyField, Fields } from '../../../protocol/fields.ts'
import { includesVersion, parseVersions } from '../../../protocol/versions.ts'

const TEXTS = ['', 'a', 'rides-2', 'Grüße', '日本語', '🚕 taxi', 'x'.repeat(200)]
const INTEGERS: Readonly<Record<string, number>> = { int8: 8, int16: 16, int32: 32, int64: 53 }

/** Values of a declaration's fields at random: what a message of the given version decodes to. */
export function sampleStruct(fields: Fields, version: number, random: () => number): Record<string, unknown> {
  const struct: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (field.versions !== undefined && !includesVersion(parseVersions(field.versions), version)) continue
    struct[name] = sampleValue(field, version, random)
  }
  return struct
}

function sampleValue(field: AnyField, version: number, random: () => number): unknown {
  const { nullableVersions, type } = field
  const mayBeNull = nullableVersions !== undefined && includesVersion(parseVersions(nullableVersions), version)
  if (mayBeNull && random() < 0.2) return null
  const pick = (count: number): number => Math.floor(random() * count)
  switch (type.kind) {
    case 'boolean':
      return random() < 0.5
    case 'string':
      return TEXTS[pick(TEXTS.length)]
    case 'uuid':
      return randomBytes(16, random).toString('base64url')
    case 'bytes':
    case 'records':
      return randomBytes(pick(40), random)
    case 'float64':
      return random() * 1e9
    case 'array':
      return Array.from({ length: pick(4) }, () => sampleValue(type.element, version, random))
    case 'struct':
      return sampleStruct(type.fields, version, random)
    case 'uint16':
      return pick(0x1_0000)
    default: {
      const limit = 2 ** (INTEGERS[type.kind] - 1)
      const extremes = [0, -1, limit - 1, -limit]
      return random() < 0.3 ? extremes[pick(extremes.length)] : pick(2 * limit) - limit
    }
  }
}

function randomBytes(length: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
}
