import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** What every way of loading must answer: names are there, and classes are the same ones across entries. */
const CHECK = `
if (typeof root.Kafka !== 'function' || typeof root.serde.json !== 'function') throw new Error('a name is missing')
if (!(new wire.DecodeError('x') instanceof root.KafkaError)) throw new Error('two instances of one class')
if (required.KafkaError !== root.KafkaError || required.Kafka !== root.Kafka) throw new Error('import and require differ')
if (wire.encodeRequest(wire.apis.Metadata, 12, { topics: null }).length !== 4) throw new Error('the codec is broken')
`
const ESM = `import * as root from 'kafka-wire'
import * as wire from 'kafka-wire/protocol'
import { createRequire } from 'node:module'
const required = createRequire(import.meta.url)('kafka-wire')
${CHECK}
console.log('ok')`
const CJS = `const root = require('kafka-wire')
const wire = require('kafka-wire/protocol')
const required = require('kafka-wire')
${CHECK}
console.log('ok')`
const TYPES = `import { type Consumer, DeserializationError, Kafka, type KafkaError, type Message, type MessageBatch } from 'kafka-wire'
import { type NewTopic, type Producer, type ProducerMessage, type RecordMetadata, type Serde, serde } from 'kafka-wire'
import type { ConsumerOptions, KafkaOptions, Logger, ProducerOptions, TopicDescription, TopicPartition } from 'kafka-wire'
import { type AnyApi, type ApiName, apiByKey, apis, decodeRequest, type KnownApi, readBatches } from 'kafka-wire/protocol'
import { decodeRequestFrame, decodeResponseFrame, encodeRequestFrame, encodeResponseFrame } from 'kafka-wire/protocol'
import { FrameSplitter, type FrameSplitterOptions, type RequestFrame, readRecords, sizePrefixed } from 'kafka-wire/protocol'
import type { KafkaRecord, RecordBatch, RequestHeader, RequestInput, ResponseFrame, ResponseOf } from 'kafka-wire/protocol'
import { type Assignment, decodeAssignment, decodeStickyUserData, type StickyUserData } from 'kafka-wire/protocol'
interface Ride { id: number }
const rides: Serde<Ride> = serde.json<Ride>()
export async function main(logger: Logger): Promise<Ride | null> {
  const options: KafkaOptions = { bootstrapServers: 'localhost:9092', logger }
  const kafka = new Kafka(options)
  const consumer = kafka.consumer({ groupId: 'g', topics: ['rides'], valueDeserializer: rides })
  for await (const message of consumer) return message.value
  const names: string[] | undefined = decodeRequest(apis.Metadata, 12, Buffer.alloc(4)).topics?.map(({ name }) => name ?? '')
  await kafka.producer().send({ topic: 'rides', value: names?.[0] ?? null }).catch((error: KafkaError) => error.code)
  return null
}
export async function plain(kafka: Kafka, topic: NewTopic): Promise<Buffer | null | undefined> {
  const own: ProducerOptions = { lingerMs: 5 }
  const producer: Producer = kafka.producer(own)
  const record: ProducerMessage = { topic: topic.name, key: 'k', value: Buffer.alloc(1) }
  const written: RecordMetadata = await producer.send(record)
  const partition: TopicPartition = written
  const theirs: ConsumerOptions = { groupId: 'g' }
  const consumer: Consumer = kafka.consumer(theirs)
  const first: Message | undefined = (await consumer.poll()).at(0)
  for await (const batch of consumer.batches()) {
    const same: MessageBatch = batch
    consumer.seek({ ...partition, offset: same[0].offset })
  }
  const topics: Record<string, TopicDescription> = await kafka.admin().describeTopics([topic.name])
  if (new Error() instanceof DeserializationError) throw new Error(String(topics))
  return first?.value
}
export function answer<A extends AnyApi>(api: A, ask: (body: RequestInput<A>) => ResponseOf<A>, body: RequestInput<A>): ResponseOf<A> {
  return ask(body)
}
export function answered<A extends KnownApi>(api: A, version: number, frame: Uint8Array): ResponseOf<A> {
  return decodeResponseFrame(api, version, frame).body
}
export async function tool(bytes: Buffer, header: RequestHeader, options: FrameSplitterOptions): Promise<Buffer | null> {
  const request: RequestFrame = decodeRequestFrame(bytes)
  const known: KnownApi = apiByKey(header.apiKey) ?? apis.Metadata
  const name: ApiName = known.name
  if (request.apiName === 'Produce') {
    for (const { partitionData } of request.body.topicData) {
      const batches: RecordBatch[] = [...readBatches(partitionData[0].records ?? Buffer.alloc(0))]
      const records: KafkaRecord[] = await readRecords(batches[0])
      if (records.length === 0) return null
    }
  }
  const response: ResponseFrame = decodeResponseFrame(request.api, request.version, bytes)
  if (response.apiName === 'Metadata') for (const broker of response.body.brokers) broker.port++
  const groups: [Assignment, StickyUserData] = [decodeAssignment(bytes), decodeStickyUserData(bytes)]
  // @ts-expect-error: Heartbeat has no topics
  encodeRequestFrame({ api: apis.Heartbeat, version: 4, correlationId: 1, body: { groupId: 'g', generationId: 1, memberId: 'm', topics: [] } })
  new FrameSplitter((frame: Buffer) => frame.length, options).push(sizePrefixed(encodeRequestFrame(request)))
  return groups.length === 2 && name !== 'Fetch' ? sizePrefixed(encodeResponseFrame(response)) : null
}`

describe('the packed tarball in an empty project', () => {
  let folder: string
  let tarball: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kafka-wire-package-'))
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
    const packed = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
    const [{ filename }] = Array.isArray(packed)
      ? packed
      : Object.values(packed as Record<string, { filename: string }>)
    tarball = join(folder, filename)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function project(name: string, ...packages: string[]): Promise<string> {
    const place = join(folder, name)
    await mkdir(place)
    await writeFile(join(place, 'package.json'), '{ "private": true }')
    await run('npm', ['install', '--no-audit', '--no-fund', tarball, ...packages], { cwd: place })
    await writeFile(join(place, 'esm.mjs'), ESM)
    await writeFile(join(place, 'cjs.cjs'), CJS)
    return place
  }

  test('holds only what users need, and installs nothing else', async () => {
    const place = await project('plain')
    const installed = (await readdir(join(place, 'node_modules'))).filter((name) => !name.startsWith('.'))
    expect(installed).toEqual(['kafka-wire'])
    const files = await readdir(join(place, 'node_modules/kafka-wire'))
    expect(files.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs', 'package.json'])
    const { dependencies = {} } = JSON.parse(
      await readFile(join(place, 'node_modules/kafka-wire/package.json'), 'utf8'),
    )
    expect(dependencies).toEqual({})
  })

  test.each(['22.15.0', '24', '26'])('import and require on Node %s', async (version) => {
    const place = await project(`node-${version}`, `node@${version}`)
    const node = join(place, 'node_modules/.bin/node')
    for (const file of ['esm.mjs', 'cjs.cjs']) {
      const { stdout, stderr } = await run(node, [file], { cwd: place })
      expect([stdout.trim(), stderr]).toEqual(['ok', ''])
    }
  })

  test('in Jest', async () => {
    const place = await project('jest', 'jest@30')
    await writeFile(join(place, 'a.test.js'), `test('loads', () => {\n${CJS}\n})`)
    const { stderr } = await run(join(place, 'node_modules/.bin/jest'), ['--ci'], { cwd: place })
    expect(stderr).toContain('1 passed')
  })

  test('in Vitest', async () => {
    const place = await project('vitest', 'vitest@4')
    const [imports, body] = [ESM.split('\n').slice(0, 3).join('\n'), ESM.split('\n').slice(3).join('\n')]
    await writeFile(
      join(place, 'a.test.mjs'),
      `import { test } from 'vitest'\n${imports}\ntest('loads', () => {\n${body}\n})`,
    )
    const { stdout } = await run(join(place, 'node_modules/.bin/vitest'), ['run'], { cwd: place })
    expect(stdout).toContain('1 passed')
  })

  test('its types hold in a strict project', async () => {
    const place = await project('types', 'typescript@6', '@types/node@22')
    await writeFile(join(place, 'main.mts'), TYPES)
    await writeFile(join(place, 'main.cts'), TYPES)
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
    const tsc = join(place, 'node_modules/.bin/tsc')
    await run(tsc, [...options, 'main.mts', 'main.cts'], { cwd: place })
    // Projects that have not moved on do not read `exports`.
    await writeFile(join(place, 'old.ts'), TYPES)
    const old = ['--module', 'commonjs', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0']
    await run(tsc, [...options, ...old, 'old.ts'], { cwd: place })
  })
})
