import { type Codec, type Layout, OBJECT_BYTES, SLOT_BYTES, typeCodec } from './codec.ts'
import { defaultMaker, defaultOf, defaultsOf, defaultTest, isChangeable } from './defaults.ts'
import { EncodeError } from './errors.ts'
import { leaving } from './field-path.ts'
import { type Fields, isOmittable } from './fields.ts'
import type { Reader } from './reader.ts'
import { readTaggedFieldCount, readTaggedFields } from './tagged-fields.ts'
import { includesVersion, parseVersions } from './versions.ts'
import { notA, Writer } from './writer.ts'

type Struct = Record<string, any>

/** A field that a version has, together with its codec there. */
interface Member {
  readonly name: string
  readonly codec: Codec
  /** Stands for an input that is left out; undefined where it must not be. */
  readonly fallback: unknown
}

interface TaggedMember extends Member {
  readonly tag: number
  readonly isDefault: (value: unknown) => boolean
}

interface RefusedMember {
  readonly name: string
  readonly isDefault: (value: unknown) => boolean
}

/** The fields of a struct, sorted by what a version does with them. */
interface Members {
  readonly plain: readonly Member[]
  /** In the order of their tags, as they are written. */
  readonly tagged: readonly TaggedMember[]
  /** Tags of fields that only other versions have. Whoever writes one here means another version. */
  readonly foreign: ReadonlyMap<number, string>
  /** Fields that the version lacks and that must not be dropped in silence. */
  readonly refused: readonly RefusedMember[]
}

export function structCodec(fields: Fields, layout: Layout): Codec<Struct, Struct> {
  const { plain, tagged, foreign, refused } = sortMembers(fields, layout)
  const { flexible, version } = layout
  // Copying one object with all fields is how every decoded struct gets the same hidden class, whatever its version.
  const template = defaultsOf(fields)
  const ownDefaults = fieldsWithOwnDefault(fields, plain)
  let minBytes = flexible ? 1 : 0
  for (const member of plain) minBytes += member.codec.minBytes

  return {
    minBytes,
    memory: memoryOf(fields, layout),
    read(reader) {
      const struct = { ...template }
      for (let i = 0; i < plain.length; i++) {
        const member = plain[i]
        try {
          struct[member.name] = member.codec.read(reader)
        } catch (error) {
          throw leaving(member.name, error)
        }
      }
      for (let i = 0; i < ownDefaults.length; i++) struct[ownDefaults[i].name] = ownDefaults[i].make()
      if (flexible) readTagged(reader, tagged, foreign, struct)
      return struct
    },
    write(writer, struct) {
      if (typeof struct !== 'object' || struct === null) throw notA('object', struct)
      for (let i = 0; i < plain.length; i++) {
        const member = plain[i]
        try {
          const value = struct[member.name]
          member.codec.write(writer, value ?? withoutValue(value, member))
        } catch (error) {
          throw leaving(member.name, error)
        }
      }
      for (let i = 0; i < refused.length; i++) {
        const { name, isDefault } = refused[i]
        if (isDefault(struct[name])) continue
        throw leaving(name, new EncodeError(`version ${version} has no such field, and the value is not its default`))
      }
      if (flexible) writeTagged(writer, tagged, struct)
    },
  }
}

function sortMembers(fields: Fields, layout: Layout): Members {
  const plain: Member[] = []
  const tagged: TaggedMember[] = []
  const foreign = new Map<number, string>()
  const refused: RefusedMember[] = []
  for (const [name, field] of Object.entries(fields)) {
    if (!has(field.versions, layout.version, true)) {
      if (field.ignorable !== true) refused.push({ name, isDefault: defaultTest(field) })
      if (field.tag !== undefined) foreign.set(field.tag, name)
      continue
    }
    const codec = typeCodec(field.type, has(field.nullableVersions, layout.version, false), layout)
    const fallback = isOmittable(field) ? (field.default ?? defaultOf(field)) : undefined
    const member = { name, codec, fallback }
    if (field.tag === undefined) plain.push(member)
    else tagged.push({ ...member, tag: field.tag, isDefault: defaultTest(field) })
  }
  tagged.sort((a, b) => a.tag - b.tag)
  return { plain, tagged, foreign, refused }
}

/** About what one struct takes. A field that the version lacks has its default, which can be an object of its own. */
function memoryOf(fields: Fields, layout: Layout): number {
  let bytes = OBJECT_BYTES
  for (const field of Object.values(fields)) {
    bytes += SLOT_BYTES
    const isThere = has(field.versions, layout.version, true)
    if (isThere || isChangeable(field)) bytes += typeCodec(field.type, false, layout).memory
  }
  return bytes
}

function has(versions: string | undefined, version: number, otherwise: boolean): boolean {
  return versions === undefined ? otherwise : includesVersion(parseVersions(versions), version)
}

/** Fields that a decode may leave at a default of which every message needs one of its own. */
function fieldsWithOwnDefault(fields: Fields, plain: readonly Member[]): { name: string; make: () => unknown }[] {
  const always = new Set(plain.map((member) => member.name))
  return Object.entries(fields)
    .filter(([name, field]) => !always.has(name) && isChangeable(field))
    .map(([name, field]) => ({ name, make: defaultMaker(field) }))
}

/** What to write for a null or a missing value. */
function withoutValue(value: null | undefined, member: Member): unknown {
  if (value === null) return null
  if (member.fallback === undefined) throw new EncodeError('no value is given, and it has no default')
  return member.fallback
}

function readTagged(
  reader: Reader,
  tagged: readonly TaggedMember[],
  foreign: ReadonlyMap<number, string>,
  struct: Struct,
): void {
  const count = readTaggedFieldCount(reader)
  if (count === 0) return
  readTaggedFields(reader, count, (tag, size) => {
    const member = tagged.find((candidate) => candidate.tag === tag)
    if (member !== undefined) {
      struct[member.name] = readTaggedValue(reader, size, member)
      return
    }
    const name = foreign.get(tag)
    if (name !== undefined) throw leaving(name, reader.error(`tag ${tag} does not belong into this version`))
    reader.skip(size)
  })
}

/** Keeps the value's codec inside the size that the tagged section announces, and makes it use all of it. */
function readTaggedValue(reader: Reader, size: number, member: TaggedMember): unknown {
  try {
    const outerEnd = reader.narrow(size)
    const value = member.codec.read(reader)
    reader.widen(outerEnd)
    return value
  } catch (error) {
    throw leaving(member.name, error)
  }
}

function writeTagged(writer: Writer, tagged: readonly TaggedMember[], struct: Struct): void {
  let count = 0
  for (let i = 0; i < tagged.length; i++) if (!tagged[i].isDefault(struct[tagged[i].name])) count++
  writer.writeUnsignedVarint(count)
  if (count === 0) return
  for (const member of tagged) {
    const value = struct[member.name]
    if (member.isDefault(value)) continue
    try {
      const content = new Writer(64)
      member.codec.write(content, value)
      writer.writeUnsignedVarint(member.tag)
      writer.writeUnsignedVarint(content.length)
      for (const chunk of content.finish()) writer.append(chunk)
    } catch (error) {
      throw leaving(member.name, error)
    }
  }
}
