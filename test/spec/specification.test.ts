import { beforeAll, describe, expect, test } from 'vitest'
import type { DeclaredApi } from '../../protocol/api.ts'
import type { AnyField, Fields } from '../../protocol/fields.ts'
import { apis } from '../../protocol/index.ts'
import type { Message } from '../../protocol/message.ts'
import { assignment, subscription } from '../../protocol/messages/consumer-protocol.ts'
import { includesVersion, parseVersions } from '../../protocol/versions.ts'
import { hasKafkaJars } from '../support/kafka-jars.ts'
import { hasJavaAndMaven } from '../support/tools.ts'
import { type DefinedField, type DefinedMessage, kafkaDefinitions } from './kafka-definitions.ts'

const VERSION = '4.3.1'

const available = (await hasKafkaJars(VERSION)) || (await hasJavaAndMaven())
if (!available) {
  const message = `The comparison with Kafka's definitions needs Maven, to fetch kafka-clients ${VERSION}`
  if (process.env.KAFKA_REQUIRED === '1') throw new Error(message)
  console.warn(`Skipped: ${message}.`)
}

/** A field as both sides describe it in one version; nested fields are indented. */
type Line = string

function has(versions: string | undefined, version: number): boolean {
  return versions !== undefined && versions !== 'none' && includesVersion(parseVersions(versions), version)
}

function definedLines(message: DefinedMessage, fields: readonly DefinedField[], version: number, indent = ''): Line[] {
  return fields
    .filter((field) => has(field.versions, version))
    .flatMap((field) => {
      const isArray = field.type.startsWith('[]')
      const base = isArray ? field.type.slice(2) : field.type
      const nested = field.fields ?? message.commonStructs?.find(({ name }) => name === base)?.fields
      const type = `${isArray ? '[]' : ''}${nested === undefined ? base : 'struct'}`
      const line = describeField(
        field.name[0].toLowerCase() + field.name.slice(1),
        type === 'bool' ? 'boolean' : type,
        has(field.nullableVersions, version),
        has(field.taggedVersions, version) ? field.tag : undefined,
        field.default === undefined ? undefined : String(field.default),
        field.ignorable ?? false,
      )
      return [indent + line, ...(nested === undefined ? [] : definedLines(message, nested, version, `${indent}  `))]
    })
}

function declaredLines(fields: Fields, version: number, indent = ''): Line[] {
  return Object.entries(fields)
    .filter(([, field]) => field.versions === undefined || has(field.versions, version))
    .flatMap(([name, field]) => {
      const isArray = field.type.kind === 'array'
      const type = field.type.kind === 'array' ? field.type.element.type : field.type
      const line = describeField(
        name,
        (isArray ? '[]' : '') + type.kind,
        has(field.nullableVersions, version),
        field.tag,
        field.default === undefined ? undefined : String(field.default),
        (field as AnyField).ignorable ?? false,
      )
      return [indent + line, ...(type.kind === 'struct' ? declaredLines(type.fields, version, `${indent}  `) : [])]
    })
}

function describeField(
  name: string,
  type: string,
  nullable: boolean,
  tag: number | undefined,
  defaultValue: string | undefined,
  ignorable: boolean,
): Line {
  // Hexadecimal and decimal defaults are the same number.
  const value =
    defaultValue !== undefined && /^-?(0x)?[\da-f]+$/i.test(defaultValue) ? BigInt(defaultValue) : defaultValue
  return [
    `${name}: ${type}${nullable ? '?' : ''}`,
    tag === undefined ? '' : `tag ${tag}`,
    value === undefined ? '' : `default '${value}'`,
    ignorable ? 'ignorable' : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

function versionsOf(range: string): number[] {
  const { min, max } = parseVersions(range)
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}

describe.skipIf(!available)(`declarations against Kafka ${VERSION}`, () => {
  let definitions: ReadonlyMap<string, DefinedMessage>
  beforeAll(async () => {
    definitions = await kafkaDefinitions(VERSION)
  })

  function compare(declared: Message<Fields>, name: string): void {
    const defined = definitions.get(name)
    if (defined === undefined) throw new Error(`Kafka ${VERSION} has no ${name}`)
    const versions = versionsOf(defined.validVersions)
    expect([declared.versions.min, declared.versions.max], 'versions').toEqual([versions[0], versions.at(-1)])
    for (const version of versions) {
      expect(includesVersion(declared.flexible, version), `v${version} is flexible`).toBe(
        has(defined.flexibleVersions, version),
      )
      expect(declaredLines(declared.fields, version), `v${version}`).toEqual(
        definedLines(defined, defined.fields, version),
      )
    }
  }

  test.each(Object.entries(apis))('%s', (name, api) => {
    const { request, response, key, latestVersionUnstable } = api as unknown as DeclaredApi<Fields, Fields>
    const defined = definitions.get(`${name}Request`)
    expect([key, latestVersionUnstable]).toEqual([defined?.apiKey, defined?.latestVersionUnstable ?? false])
    compare(request, `${name}Request`)
    compare(response, `${name}Response`)
  })

  test('consumer protocol', () => {
    compare(subscription as unknown as Message<Fields>, 'ConsumerProtocolSubscription')
    compare(assignment as unknown as Message<Fields>, 'ConsumerProtocolAssignment')
  })
})
