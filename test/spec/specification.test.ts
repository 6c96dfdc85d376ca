import { beforeAll, describe, expect, it, type TestContext } from 'vitest'
import type { Fields } from '../../protocol/fields.ts'
import { apis } from '../../protocol/index.ts'
import type { Message } from '../../protocol/message.ts'
import { assignment, subscription } from '../../protocol/messages/consumer-protocol.ts'
import { parseVersions, type VersionRange } from '../../protocol/versions.ts'
import { hasKafkaJars } from '../support/kafka-jars.ts'
import { type MessageDefinition, readDefinitions, specifiedVersion } from './kafka-definitions.ts'
import { declaredLayout, definedLayout } from './layout.ts'

let definitions: Map<string, MessageDefinition> | null = null

beforeAll(async () => {
  try {
    definitions = await readDefinitions()
  } catch (error) {
    // Without Maven there is nothing to compare with, unless the jars were fetched before.
    if (process.env.KAFKA_REQUIRED === '1' || (await hasKafkaJars(specifiedVersion))) throw error
    console.warn(`The declarations are not compared with Kafka's: ${(error as Error).message.split('\n')[0]}`)
  }
})

function definitionOf(name: string, context: TestContext): MessageDefinition {
  if (definitions === null) context.skip('no Kafka jars')
  const definition = definitions?.get(name)
  if (definition === undefined) throw new Error(`Kafka ${specifiedVersion} does not define ${name}`)
  return definition
}

function rangeOf(versions: string): VersionRange {
  return parseVersions(versions)
}

function expectSameFields(message: Message<Fields>, definition: MessageDefinition): void {
  expect(message.versions).toEqual(rangeOf(definition.validVersions))
  for (let version = message.versions.min; version <= message.versions.max; version++) {
    const declared = declaredLayout(message.fields, version)
    expect(declared, `${message.name} v${version}`).toEqual(definedLayout(definition, version))
  }
}

describe(`the declarations and the definitions of Kafka ${specifiedVersion}`, () => {
  const messages = Object.values(apis).flatMap((api): Message<Fields>[] => [
    api.request as unknown as Message<Fields>,
    api.response as unknown as Message<Fields>,
  ])
  const data = [subscription, assignment] as unknown as Message<Fields>[]

  it.for([...messages, ...data].map((message) => ({ name: message.name, message })))(
    'have the same fields in every version of $name',
    ({ message }, context) => {
      expectSameFields(message, definitionOf(message.name, context))
    },
  )

  it.for(Object.entries(apis))('agree on number and versions of %s', ([name, api], context) => {
    const definition = definitionOf(`${name}Request`, context)
    const flexible = definition.flexibleVersions
    expect({
      name: api.name,
      key: api.key,
      latestVersionUnstable: api.latestVersionUnstable,
      minVersion: api.minVersion,
      maxVersion: api.maxVersion,
      firstFlexibleVersion: api.firstFlexibleVersion,
    }).toEqual({
      name,
      key: definition.apiKey,
      latestVersionUnstable: definition.latestVersionUnstable === true,
      minVersion: rangeOf(definition.validVersions).min,
      maxVersion: rangeOf(definition.validVersions).max,
      firstFlexibleVersion: flexible === 'none' ? Number.POSITIVE_INFINITY : rangeOf(flexible).min,
    })
  })
})
