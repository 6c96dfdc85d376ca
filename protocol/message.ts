import type { Codec, Layout } from './codec.ts'
import { DecodeError, EncodeError } from './errors.ts'
import { leaving, pathOf } from './field-path.ts'
import type { Decoded, Encodable, Fields } from './fields.ts'
import type { Reader } from './reader.ts'
import { shown } from './shown.ts'
import { structCodec } from './struct-codec.ts'
import { refuseUnknownFields } from './unknown-fields.ts'
import { includesVersion, type VersionRange } from './versions.ts'
import type { Writer } from './writer.ts'

/**
 * A declaration that can encode and decode itself. What differs between versions (which fields there are, whether
 * lengths are compact, what may be null, what is tagged) is decided once a version, when it is first used; from then on
 * a message runs through a fixed tree of small functions.
 */
export class Message<F extends Fields> {
  /** Kafka's name of the message, such as `MetadataRequest`. */
  readonly name: string
  readonly versions: VersionRange
  /** The versions with compact lengths and tagged fields. */
  readonly flexible: VersionRange
  readonly fields: F
  private readonly codecs = new Map<number, Codec<Decoded<F>, Encodable<F>>>()

  constructor(name: string, versions: VersionRange, flexible: VersionRange, fields: F) {
    this.name = name
    this.versions = versions
    this.flexible = flexible
    this.fields = fields
  }

  /** Throws an {@link EncodeError} that names the field; the writer is then of no more use. */
  encode(writer: Writer, version: number, value: Encodable<F>): void {
    const codec = this.codecs.get(version) ?? this.build(version, EncodeError)
    try {
      codec.write(writer, value)
    } catch (error) {
      throw describe(error, this.name, version)
    }
  }

  /**
   * As {@link encode}, for values that people wrote: names that no field has are refused, too, which takes a walk through
   * the whole value.
   */
  encodeChecked(writer: Writer, version: number, value: Encodable<F>): void {
    this.requireVersion(version, EncodeError)
    try {
      refuseUnknownFields(this.fields, value)
    } catch (error) {
      throw describe(error, this.name, version)
    }
    this.encode(writer, version, value)
  }

  /** Throws a `Refusal` unless the version is a known one. */
  requireVersion(version: number, Refusal: typeof DecodeError | typeof EncodeError, position?: number): void {
    if (Number.isInteger(version) && includesVersion(this.versions, version)) return
    const asked = typeof version === 'string' ? `'${version}' (a string)` : shown(version)
    const known = `versions ${this.versions.min} to ${this.versions.max} are known`
    throw new Refusal(`${this.name} has no version ${asked}: ${known}`, { api: apiOf(this.name), version, position })
  }

  /** Throws a {@link DecodeError} that names field and position. Bytes after the message are left unread. */
  decode(reader: Reader, version: number): Decoded<F> {
    const codec = this.codecs.get(version) ?? this.build(version, DecodeError, reader.position)
    try {
      return codec.read(reader)
    } catch (error) {
      throw describe(error, this.name, version)
    }
  }

  private build(
    version: number,
    Refusal: typeof DecodeError | typeof EncodeError,
    position?: number,
  ): Codec<Decoded<F>, Encodable<F>> {
    this.requireVersion(version, Refusal, position)
    const layout: Layout = { version, flexible: includesVersion(this.flexible, version) }
    const codec = structCodec(this.fields, layout) as Codec<Decoded<F>, Encodable<F>>
    this.codecs.set(version, codec)
    return codec
  }
}

/**
 * Ends a message that must be all that its reader has.
 * @throws DecodeError if bytes are left over
 */
export function expectEnd(reader: Reader, message: string, version: number): void {
  const { remaining } = reader
  if (remaining === 0) return
  const error = reader.error(`${remaining} ${remaining === 1 ? 'byte is' : 'bytes are'} left over after the last field`)
  throw describe(leaving('_end', error), message, version)
}

/** What is thrown to the outside for an `error` of the codec: it says message, version, field and, if read, position. */
export function describe(error: unknown, message: string, version: number): unknown {
  if (!(error instanceof DecodeError || error instanceof EncodeError)) return error
  const field = pathOf(error)
  const place = field === undefined ? '' : `, field ${field}`
  const details = { api: apiOf(message), version, field }
  if (error instanceof EncodeError) {
    return new EncodeError(`Cannot encode ${message} v${version}${place}: ${error.message}`, details)
  }
  const { position } = error
  const text = `Cannot decode ${message} v${version}${place}, byte ${position}: ${error.message}`
  return new DecodeError(text, { ...details, position })
}

function apiOf(message: string): string {
  return message.replace(/(Request|Response)$/, '')
}
