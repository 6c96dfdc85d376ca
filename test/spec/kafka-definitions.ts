import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { kafkaJars } from '../support/kafka-jars.ts'

/** A field in Kafka's message definitions. */
export interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly tag?: number
  readonly taggedVersions?: string
  readonly default?: string | number | boolean
  readonly ignorable?: boolean
  readonly fields?: readonly DefinedField[]
}

/** A message in Kafka's definitions: a request, a response, or a structure. */
export interface DefinedMessage {
  readonly name: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly latestVersionUnstable?: boolean
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: ReadonlyArray<{ readonly name: string; readonly fields: readonly DefinedField[] }>
}

/** All message definitions in the `kafka-clients` jar of a version, by name. */
export async function kafkaDefinitions(version: string): Promise<ReadonlyMap<string, DefinedMessage>> {
  const jar = await readFile(join(await kafkaJars(version), `kafka-clients-${version}.jar`))
  const files = unzipSync(jar, { filter: ({ name }) => /^common\/message\/\w+\.json$/.test(name) })
  const messages = Object.values(files).map((file) => JSON.parse(withoutComments(strFromU8(file))) as DefinedMessage)
  return new Map(messages.map((message) => [message.name, message]))
}

/** The definitions have comments to the end of the line, and `//` stands in no string of theirs but in URLs. */
function withoutComments(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\/\/.*$/gm, (part) => (part.startsWith('"') ? part : ''))
}
