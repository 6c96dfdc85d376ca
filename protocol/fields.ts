import type { RecordsInput } from './writer.ts'

/** How a value lies on the wire, apart from what depends on the version. */
export type WireType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly element: AnyField }
  | { readonly kind: 'struct'; readonly fields: Fields }

export type PrimitiveKind =
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

/** What Kafka's definitions say about a field beside its type. */
export interface FieldOptions<Default> {
  /** The versions that have the field, in Kafka's notation; all that its surroundings have when left out. */
  readonly versions?: string
  /** The value of a field that is left out; otherwise zero, false, empty, the zero uuid, or a struct of such values. */
  readonly default?: Default | null
  /** In a version without the field, a value other than the default is dropped in silence instead of refused. */
  readonly ignorable?: boolean
  /** Number of a tagged field: it stands, if it is not the default, in the tagged section at the end of its struct. */
  readonly tag?: number
}

// Exists for the compiler only: what a field decodes to, what it is encoded from, and whether it may be left out.
declare const types: unique symbol

/** One field of a message. `Value` is what it decodes to, `Input` what it is encoded from. */
export interface Field<Value, Input, Omittable extends boolean> extends FieldOptions<unknown> {
  readonly type: WireType
  /** The versions in which the field may be null, in Kafka's notation. */
  readonly nullableVersions?: string
  readonly [types]?: { value: Value; input: Input; omittable: Omittable }
}

export type AnyField = Field<unknown, unknown, boolean>

/** The fields of a struct in the order of the wire. */
export type Fields = Readonly<Record<string, AnyField>>

export type ValueOf<F extends AnyField> = NonNullable<F[typeof types]>['value']
export type InputOf<F extends AnyField> = NonNullable<F[typeof types]>['input']

/** The object that a struct decodes to. Every field is there, whatever the version. (A condition, as {@link Flat} is.) */
export type Decoded<F extends Fields> = F extends unknown ? { -readonly [Name in keyof F]: ValueOf<F[Name]> } : never

type OmittableNames<F extends Fields> = {
  [Name in keyof F]: NonNullable<F[Name][typeof types]>['omittable'] extends true ? Name : never
}[keyof F]

// What a condition leads to is shown as the object that it is, and not by the alias and what went into it.
type Flat<T> = T extends unknown ? { [Name in keyof T]: T[Name] } : never

/** The object that a struct is encoded from. */
export type Encodable<F extends Fields> = Flat<
  { readonly [Name in Exclude<keyof F, OmittableNames<F>>]: InputOf<F[Name]> } & {
    readonly [Name in OmittableNames<F>]?: InputOf<F[Name]> | undefined
  }
>

type Omittable<Options> = Options extends { versions: string } | { default: unknown } | { tag: number } ? true : false

/** Whether a value may be left out: when the field has a default of its own, or when not every version has it. */
export function isOmittable(field: AnyField): boolean {
  return field.versions !== undefined || field.default !== undefined || field.tag !== undefined
}

function primitive<Value, Input = Value>(kind: PrimitiveKind) {
  return <Options extends FieldOptions<Input>>(options?: Options): Field<Value, Input, Omittable<Options>> => ({
    type: { kind },
    ...options,
  })
}

export const boolean = primitive<boolean>('boolean')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
/** Decodes to the nearest number. */
export const int64 = primitive<number, number | bigint>('int64')
export const float64 = primitive<number>('float64')
export const string = primitive<string>('string')
/** Kafka's text for 16 bytes: 22 base64url characters. */
export const uuid = primitive<string>('uuid')
/** Decodes to a view on the frame. */
export const bytes = primitive<Buffer, Uint8Array>('bytes')
/** Record batches, opaque here; decodes to a view on the frame. */
export const records = primitive<Buffer, RecordsInput>('records')

export function array<F extends AnyField, Options extends FieldOptions<never>>(
  element: F,
  options?: Options,
): Field<ValueOf<F>[], readonly InputOf<F>[], Omittable<Options>> {
  return { type: { kind: 'array', element }, ...options }
}

export function struct<F extends Fields, Options extends FieldOptions<never>>(
  fields: F,
  options?: Options,
): Field<Decoded<F>, Encodable<F>, Omittable<Options>> {
  return { type: { kind: 'struct', fields }, ...options }
}

/** An array of structs. */
export function structs<F extends Fields, Options extends FieldOptions<never>>(
  fields: F,
  options?: Options,
): Field<Decoded<F>[], readonly Encodable<F>[], Omittable<Options>> {
  return { type: { kind: 'array', element: struct(fields) }, ...options }
}

/** A field that may be null, in the given versions or in all. */
export function nullable<Value, Input, Omittable extends boolean>(
  field: Field<Value, Input, Omittable>,
  versions = '0+',
): Field<Value | null, Input | null, Omittable> {
  return { ...field, nullableVersions: versions } as Field<Value | null, Input | null, Omittable>
}
