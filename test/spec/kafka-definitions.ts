import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { kafkaJars } from '../support/kafka-jars.ts'

/** The release whose definitions the declarations follow. */
export const specifiedVersion = '4.3.1'

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
  name: string
  apiKey?: number
  validVersions: string
  flexibleVersions: string
  latestVersionUnstable?: boolean
  fields: FieldDefinition[]
  commonStructs?: { name: string; fields: FieldDefinition[] }[]
}

/** Every message definition in the kafka-clients jar, by the message's name. */
export async function readDefinitions(): Promise<Map<string, MessageDefinition>> {
  const jar = await readFile(join(await kafkaJars(specifiedVersion), `kafka-clients-${specifiedVersion}.jar`))
  const files = unzipSync(jar, { filter: ({ name }) => /^common\/message\/.*\.json$/.test(name) })
  const definitions = Object.values(files).map((content) => parse(strFromU8(content)))
  return new Map(definitions.map((definition) => [definition.name, definition]))
}

/** JSON with comments that reach to the end of a line; no string in it contains two slashes after a blank. */
function parse(text: string): MessageDefinition {
  return JSON.parse(text.replace(/(^|\s)\/\/.*$/gm, ''))
}
