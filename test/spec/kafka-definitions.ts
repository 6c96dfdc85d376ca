import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { kafkaJars } from '../support/kafka-jars.ts'

/** The release whose definitions the declarations follow, to the last field. */
export const specifiedVersion = '4.4.0'

/** A field as Kafka's JSON defines it. */
export interface FieldDefinition {
  name: string
  type: string
  versions: string
  nullableVersions?: string
  taggedVersions?: string
  tag?: number
  default?: string | number | boolean
  ignorable?: boolean
  fields?: FieldDefinition[]
}

/** A message as Kafka's JSON defines it. */
export interface MessageDefinition {
  type: 'request' | 'response' | 'header' | 'data' | 'metrics' | 'coordinator-key' | 'coordinator-value' | 'metadata'
  name: string
  apiKey?: number
  /** Who answers it; APIs that are no more have none. */
  listeners?: readonly ('broker' | 'controller')[]
  validVersions: string
  flexibleVersions: string
  latestVersionUnstable?: boolean
  fields: FieldDefinition[]
  commonStructs?: { name: string; fields: FieldDefinition[] }[]
}

export type Definitions = ReadonlyMap<string, MessageDefinition>

/** Every message definition in the kafka-clients jar of a release, by the message's name. */
export async function readDefinitions(version: string): Promise<Definitions> {
  const jar = await readFile(join(await kafkaJars(version), `kafka-clients-${version}.jar`))
  const files = unzipSync(jar, { filter: ({ name }) => /^common\/message\/.*\.json$/.test(name) })
  const definitions = Object.values(files).map((content) => parse(strFromU8(content)))
  return new Map(definitions.map((definition) => [definition.name, definition]))
}

/** JSON with comments that reach to the end of a line; no string in it contains two slashes after a blank. */
function parse(text: string): MessageDefinition {
  return JSON.parse(text.replace(/(^|\s)\/\/.*$/gm, ''))
}
