import type { AnyField, Fields } from '../../protocol/fields.ts'
import { isOmittable } from '../../protocol/fields.ts'
import { exactDefault, isPresent, mayBeNull } from './field-versions.ts'
import type { Struct } from './subjects.ts'

/** What a value is an example of; everything else in it is random. */
export type Flavour = 'random' | 'empty' | 'full' | 'extreme' | 'long text' | 'long bytes' | 'many'

/** Values to take in turn: a few of each special flavour among random ones. */
export function flavourOf(index: number): Flavour {
  const special: readonly Flavour[] = ['empty', 'full', 'extreme', 'long text', 'long bytes', 'many']
  return index % 4 === 0 ? (special[(index / 4) % special.length] ?? 'random') : 'random'
}

const INTEGER_BITS: Readonly<Record<string, number>> = { int8: 8, int16: 16, int32: 32, int64: 64 }
const UINT16 = [0, 1, 0x7fff, 0x8000, 0xffff]
const FLOATS = [0, -0, 1, -1.5, Math.PI, 1e21, 5e-324, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity]
/** Characters of one, two, three and four bytes. */
const CHARACTERS = [...'aZ09-_. \u0000\u007f"\\/', ...'é߀жߋ', ...'日本€ࠀ\uffff', ...'🚕𐀀\u{10ffff}']
const LONGEST_STRING = 0x7fff
const LONG_BYTES = 64 * 1024
const MANY_ELEMENTS = 300
/** Elements and characters in one value, all arrays and strings together, so that nesting does not multiply. */
const ELEMENTS = 60
const ELEMENTS_OF_MANY = 1200

/** Values of a declaration in one version, as the encoder takes them. */
export class Sampler {
  readonly #version: number
  readonly #random: () => number
  readonly #flavour: Flavour
  #elementsLeft: number
  #specialLeft = 1

  constructor(version: number, random: () => number, flavour: Flavour) {
    this.#version = version
    this.#random = random
    this.#flavour = flavour
    this.#elementsLeft = flavour === 'many' ? ELEMENTS_OF_MANY : ELEMENTS
  }

  struct(fields: Fields): Struct {
    const struct: Struct = {}
    for (const [name, field] of Object.entries(fields)) {
      if (!isPresent(field, this.#version)) continue
      const leaveDefault = field.tag === undefined ? 0.1 : 0.4
      if (this.#flavour === 'full' || !isOmittable(field) || !this.#chance(leaveDefault))
        struct[name] = this.#value(field)
      else if (this.#chance(0.5)) struct[name] = exactDefault(field)
    }
    return struct
  }

  #value(field: AnyField): unknown {
    const { type } = field
    const nulls = { empty: 0.7, full: 0 }[this.#flavour as string] ?? 0.15
    if (mayBeNull(field, this.#version) && this.#chance(nulls)) return null
    switch (type.kind) {
      case 'boolean':
        return this.#chance(0.5)
      case 'string':
        return this.#text()
      case 'uuid':
        return this.#chance(0.1) ? 'AAAAAAAAAAAAAAAAAAAAAA' : this.#bytes(16).toString('base64url')
      case 'bytes':
        return this.#data()
      case 'records': {
        const data = this.#data()
        if (!this.#chance(0.3)) return data
        const middle = this.#pick(data.length + 1)
        return [data.subarray(0, middle), data.subarray(middle)]
      }
      case 'float64':
        return this.#chance(0.5) ? FLOATS[this.#pick(FLOATS.length)] : (this.#random() - 0.5) * 1e6
      case 'array':
        return Array.from({ length: this.#length() }, () => this.#value(type.element))
      case 'struct':
        return this.struct(type.fields)
      case 'uint16':
        return this.#chance(0.5) ? UINT16[this.#pick(UINT16.length)] : this.#pick(0x1_0000)
      default:
        return this.#integer(INTEGER_BITS[type.kind])
    }
  }

  #integer(bits: number): number | bigint {
    const limit = 1n << BigInt(bits - 1)
    const extremes = [
      limit - 1n,
      -limit,
      0n,
      -1n,
      1n,
      0x1f_ffff_ffff_ffffn,
      -0x1f_ffff_ffff_ffffn,
      1n << 53n,
      1n << 31n,
    ]
    const fitting = extremes.filter((value) => BigInt.asIntN(bits, value) === value)
    const value =
      this.#flavour === 'extreme' || this.#chance(0.2)
        ? fitting[this.#pick(this.#flavour === 'extreme' ? 2 : fitting.length)]
        : BigInt.asIntN(bits, this.#bytes(8).readBigInt64BE() >> BigInt(this.#pick(64)))
    return Number.isSafeInteger(Number(value)) && !(bits === 64 && this.#chance(0.3)) ? Number(value) : value
  }

  #text(): string {
    if (this.#flavour === 'empty' && this.#chance(0.7)) return ''
    if (this.#takesSpecial('long text')) return this.#longText()
    const length = this.#chance(0.1) ? 0 : this.#pick(this.#chance(0.1) ? 200 : 12)
    return Array.from({ length }, () => CHARACTERS[this.#pick(CHARACTERS.length)]).join('')
  }

  /** As long as a string can be. */
  #longText(): string {
    const character = CHARACTERS[this.#pick(CHARACTERS.length)]
    const width = Buffer.byteLength(character)
    const count = Math.floor(LONGEST_STRING / width)
    return character.repeat(count) + 'x'.repeat(LONGEST_STRING - count * width)
  }

  #data(): Buffer {
    if (this.#flavour === 'empty') return Buffer.alloc(0)
    if (this.#takesSpecial('long bytes')) return Buffer.alloc(LONG_BYTES, this.#bytes(251))
    return this.#bytes(this.#pick(this.#chance(0.1) ? 300 : 20))
  }

  #bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#pick(256)))
  }

  #length(): number {
    const least = this.#flavour === 'random' || this.#flavour === 'empty' ? 0 : 1
    let length = this.#flavour === 'empty' && this.#chance(0.7) ? 0 : least + this.#pick(4)
    if (this.#takesSpecial('many')) length = MANY_ELEMENTS
    if (length > this.#elementsLeft) length = Math.min(least, length)
    this.#elementsLeft -= length
    return length
  }

  /** Once a value; not always at the first place. */
  #takesSpecial(flavour: Flavour): boolean {
    if (this.#flavour !== flavour || this.#specialLeft === 0 || this.#chance(0.4)) return false
    this.#specialLeft--
    return true
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count)
  }
}
