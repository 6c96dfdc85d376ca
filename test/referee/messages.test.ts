import { afterAll, beforeAll, describe, it } from 'vitest'
import { apis, EncodeError } from '../../protocol/index.ts'
import { seededRandom } from '../unit/seeded-random.ts'
import { type Alteration, alterationsOf, altered, pathText } from './alterations.ts'
import { byteDifference, Differences, textDifference, valueDifference } from './differences.ts'
import { declaredDefaults, decodedStruct, defaultsJson, structJson } from './kafka-json.ts'
import { hasReferee, Referee } from './referee.ts'
import { flavourOf, Sampler } from './samples.ts'
import { apiNames, apiSubjects, otherSubjects, type Struct, type Subject } from './subjects.ts'

/** Another one brings other values. */
const SEED = Number(process.env.REFEREE_SEED ?? 1)
const VALUES_PER_VERSION = Number(process.env.REFEREE_VALUES ?? 50)

interface Comparison {
  /** What Java writes, unless it is what we have written. */
  bytes?: string
  /** The same with unknown tagged fields. */
  tagged?: string
  /** What Java reads from our bytes, unless it is the value. */
  readDiffers?: string
  failed?: string
}

interface Ruling {
  bytes?: string
  refused?: string
  failed?: string
}

describe.skipIf(!hasReferee)("messages, byte by byte with Kafka's own classes", () => {
  let referee: Referee
  let comparisons = 0
  let versionsCompared = 0
  let refusals = 0

  beforeAll(() => {
    referee = new Referee()
  })
  afterAll(async () => {
    await referee.close()
    const [count, versions, refused] = [comparisons, versionsCompared, refusals].map((n) => n.toLocaleString('en'))
    const values = `Java agrees in ${count} comparisons of ${apiNames.length} APIs in ${versions} versions`
    console.log(`${values}; ${refused} of them are values that both refuse to write`)
  })

  it.for(apiNames)('%s', async (name) => {
    const api = apis[name]
    versionsCompared += api.maxVersion - api.minVersion + 1
    for (const subject of apiSubjects(api)) await compareAll(subject)
  })

  it.for(otherSubjects())('$name', (subject) => compareAll(subject))

  async function compareAll(subject: Subject): Promise<void> {
    const differences = new Differences()
    const running = subject.isSchema ? [] : [compareDefaults(subject, differences)]
    for (let version = subject.versions.min; version <= subject.versions.max; version++) {
      // Java works on one version while we make the next.
      running.push(compareValues(subject, version, differences))
      if (!subject.isSchema) running.push(compareRefusals(subject, version, differences))
      if (running.length >= 6) await running.shift()
    }
    await Promise.all(running)
    differences.expectNone()
  }

  /** What decoding gives for a field that a version lacks, which is not among the bytes. */
  async function compareDefaults({ fields, name }: Subject, differences: Differences): Promise<void> {
    const question = `{"op":"defaults","message":"${name}"}`
    const { defaults } = await referee.ask<{ defaults: Struct }>(question)
    agree(
      differences,
      `${name}, our defaults and Java's`,
      valueDifference(defaultsJson(fields), declaredDefaults(fields, defaults)),
    )
  }

  async function compareValues(subject: Subject, version: number, differences: Differences): Promise<void> {
    const { fields, name } = subject
    const flexible = subject.isFlexible(version)
    const cases = Array.from({ length: VALUES_PER_VERSION }, (_, index) => {
      const seed = seedOf(`${name} ${version} ${index}`)
      const value = new Sampler(version, seededRandom(seed), flavourOf(index)).struct(fields)
      const where = `${name} v${version}, value ${index} of seed ${SEED}`
      return { seed, value, where, bytes: attempt(() => subject.encode(version, value)) }
    })
    const questions = cases.map(({ seed, value, bytes }) => {
      const ours = bytes instanceof Buffer ? `,"bytes":"${bytes.toString('base64')}"` : ''
      const tagged = flexible ? `,"tagSeed":${seed}` : ''
      return `{"value":${structJson(fields, version, value)}${ours}${tagged}}`
    })
    const results = await ask<Comparison>(subject.isSchema ? 'schemas' : 'messages', name, version, questions)
    for (const [i, { value, where, bytes }] of cases.entries()) {
      const result = results[i]
      if (result.failed !== undefined) {
        differences.add(where, `Java cannot write it: ${result.failed}`)
        continue
      }
      const theirs = result.bytes === undefined ? (bytes as Buffer) : Buffer.from(result.bytes, 'base64')
      const expected = decodedStruct(fields, version, value)
      if (bytes instanceof Error) differences.add(where, `Java writes what we refuse: ${bytes.message}`)
      else agree(differences, `${where}, our bytes and Java's`, byteDifference(bytes, theirs))
      if (bytes instanceof Buffer) {
        const read = result.readDiffers && textDifference(result.readDiffers, structJson(fields, version, value))
        agree(differences, `${where}, Java's decode of our bytes`, read)
      }
      agree(differences, `${where}, our decode of Java's bytes`, decodeDifference(subject, version, theirs, expected))
      if (result.tagged === undefined) continue
      const tagged = Buffer.from(result.tagged, 'base64')
      const difference = decodeDifference(subject, version, tagged, expected)
      agree(differences, `${where}, our decode of Java's bytes with unknown tagged fields`, difference)
    }
  }

  async function compareRefusals(subject: Subject, version: number, differences: Differences): Promise<void> {
    const { fields, name } = subject
    const value = new Sampler(version, seededRandom(seedOf(`${name} ${version}`)), 'full').struct(fields)
    const cases = alterationsOf(fields, version, value).map((alteration) => {
      return { alteration, outcome: attempt(() => subject.encode(version, altered(value, alteration))) }
    })
    if (cases.length === 0) return
    const json = structJson(fields, version, value)
    const questions = cases.map(({ alteration: { path, json: replacement } }) => {
      return `{"value":${json},"path":${JSON.stringify(path)},"replacement":${replacement}}`
    })
    const rulings = await ask<Ruling>('alterations', name, version, questions)
    for (const [i, { alteration, outcome }] of cases.entries()) {
      const where = `${name} v${version}, ${pathText(alteration)} ${alteration.reason}, seed ${SEED}`
      agree(differences, where, rulingDifference(alteration, outcome, rulings[i]))
      if (rulings[i].refused !== undefined) refusals++
    }
  }

  async function ask<Result>(op: string, message: string, version: number, cases: string[]): Promise<Result[]> {
    const question = `{"op":"${op}","message":"${message}","version":${version},"cases":[${cases.join(',')}]}`
    return (await referee.ask<{ results: Result[] }>(question)).results
  }

  function agree(differences: Differences, where: string, difference: string | undefined): void {
    comparisons++
    if (difference !== undefined) differences.add(where, difference)
  }
})

function decodeDifference(subject: Subject, version: number, bytes: Buffer, expected: Struct): string | undefined {
  const decoded = attempt(() => subject.decode(version, bytes))
  return decoded instanceof Error ? decoded.message : valueDifference(decoded, expected)
}

function rulingDifference(alteration: Alteration, ours: Buffer | Error, java: Ruling): string | undefined {
  if (java.failed !== undefined) return `Java cannot be asked: ${java.failed}`
  if (java.bytes !== undefined) {
    if (ours instanceof Error) return `Java writes what we refuse: ${ours.message}`
    return byteDifference(ours, Buffer.from(java.bytes, 'base64'))
  }
  if (!(ours instanceof Error)) return `we write what Java refuses: ${java.refused}`
  if (!(ours instanceof EncodeError)) return `we refuse it by ${ours.stack}`
  // A struct that is null is refused for itself, one that is absent for its name.
  return ours.field === pathText(alteration) ? undefined : `our error names field ${ours.field}: ${ours.message}`
}

function attempt<Result>(work: () => Result): Result | Error {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}

/** FNV-1a: every value has a seed of its own that does not depend on what was made before it. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5 ^ SEED
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
