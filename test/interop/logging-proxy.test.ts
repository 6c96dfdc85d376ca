import { join } from 'node:path'
import { Kafka } from 'kafka-wire'
import { afterEach, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, hasBroker, uniqueName } from '../support/kafka.ts'
import { freePorts } from '../support/ports.ts'
import { Program } from '../support/program.ts'
import { hasPython, runPython } from '../support/python-client.ts'

/** A line that the proxy prints. */
interface Line {
  readonly type: 'proxy' | 'request' | 'response'
  readonly apiName: string
  readonly correlationId: number
  readonly clientId?: string
  readonly body: unknown
}

/** The values of a field, wherever it stands. */
function valuesOf(value: unknown, field: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (name === field ? [each] : valuesOf(each, field)))
}

describe.skipIf(!hasBroker)('examples/logging-proxy.ts', () => {
  let proxy: Program | null = null
  let lines: Line[] = []

  afterEach(async () => {
    await proxy?.end()
    proxy = null
  })

  /** Starts it, and gives its address once it listens. */
  async function startProxy(): Promise<string> {
    const [port] = await freePorts(1)
    lines = []
    await new Promise<void>((resolve, reject) => {
      const args = ['--conditions=kafka-wire-source', join(import.meta.dirname, '../../examples/logging-proxy.ts')]
      proxy = new Program(process.execPath, [...args, `${port}`], {
        env: { KAFKA_BOOTSTRAP_SERVERS: bootstrapServers(), NODE_OPTIONS: '' },
        onLine(line) {
          lines.push(JSON.parse(line))
          resolve()
        },
      })
      proxy.ended.then(() => reject(new Error('it has ended')), reject)
    })
    return `localhost:${port}`
  }

  async function newTopic(): Promise<string> {
    const name = uniqueName('proxied')
    const kafka = new Kafka({ bootstrapServers: bootstrapServers() })
    await kafka.admin().createTopics([{ name, numPartitions: 1, replicationFactor: 1 }])
    await kafka.close()
    return name
  }

  /** What was said about an API under the name of a field, wherever that stands in the bodies, in order. */
  function said(type: Line['type'], apiName: string, field: string): unknown[] {
    const bodies = lines.filter((line) => line.type === type && line.apiName === apiName).map(({ body }) => body)
    return valuesOf(bodies, field)
  }

  function recordsIn(type: Line['type'], apiName: string): string[][] {
    const batches = said(type, apiName, 'records') as Array<Array<Array<{ key: string; value: string }>> | null>
    return batches.flatMap((each) => (each ?? []).flat()).map(({ key, value }) => [key, value])
  }

  /**
   * Clients wrote and read these records and were told of no address but the proxy's, and every answer is to a request
   * that was printed before it.
   */
  async function expectConversation(address: string, records: string[][]): Promise<void> {
    // Lines come after what they tell of, and in its order: with the last record all are there.
    await expect.poll(() => recordsIn('response', 'Fetch'), { timeout: 30_000 }).toEqual(records)
    expect(recordsIn('request', 'Produce')).toEqual(records)
    const asked = new Set<string>()
    for (const { type, apiName, correlationId } of lines) {
      if (type === 'request') asked.add(`${apiName} ${correlationId}`)
      if (type === 'response') expect(asked).toContain(`${apiName} ${correlationId}`)
    }
    const [host, first] = address.split(':')
    expect(new Set(said('response', 'Metadata', 'host'))).toEqual(new Set([host]))
    for (const port of said('response', 'Metadata', 'port')) {
      expect(port).toBeGreaterThanOrEqual(Number(first))
      expect(port).toBeLessThan(Number(first) + 100)
    }
  }

  const records = [
    ['a', '1'],
    ['Straße', 'Hällo 🚕'],
    ['b', ''],
  ]

  test.skipIf(!hasPython)('kafka-python writes and reads through it, and all of it is printed', async () => {
    const address = await startProxy()
    const topic = await newTopic()
    const input = records.map(([key, value]) => `${JSON.stringify({ timestamp: 1000, key, value, headers: [] })}\n`)
    await runPython('produce', topic, ['gzip'], input.join(''), address)
    const read = await runPython('consume', topic, [uniqueName('g'), `${records.length}`], '', address)
    expect(read.map((line) => JSON.parse(line)).map(({ key, value }) => [key, value])).toEqual(records)
    await expectConversation(address, records)
    expect(said('request', 'JoinGroup', 'topics')).toContainEqual([topic])
    expect(said('response', 'SyncGroup', 'assignedPartitions')).toContainEqual([{ topic, partitions: [0] }])
  })

  test.skipIf(!hasJavaTools)("Java's tools write and read through it, and all of it is printed", async () => {
    const address = await startProxy()
    const topic = await newTopic()
    const input = records.map(([key, value]) => `${key}=${value}\n`).join('')
    const keys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator==']
    await runJavaTool(tools.producer, ['--topic', topic, ...keys], input, address)
    const from = ['--from-beginning', '--max-messages', `${records.length}`, '--group', uniqueName('g')]
    expect(await runJavaTool(tools.consumer, ['--topic', topic, ...from], '', address)).toEqual(
      records.map(([, value]) => value),
    )
    await expectConversation(address, records)
    expect(lines.find(({ apiName }) => apiName === 'Produce')?.clientId).toBe('console-producer')
  })

  test('our client writes and reads through it', async () => {
    const address = await startProxy()
    const topic = await newTopic()
    const kafka = new Kafka({ bootstrapServers: address, clientId: 'ours' })
    await kafka.producer().sendBatch(records.map(([key, value]) => ({ topic, key, value })))
    await kafka.producer({ acks: 0 }).send({ topic, key: 'last', value: 'without an answer' })
    const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
    const read: string[][] = []
    for await (const { key, value } of consumer) {
      read.push([String(key), String(value)])
      if (read.length === records.length + 1) break
    }
    await kafka.close()
    const expected = [...records, ['last', 'without an answer']]
    expect(read).toEqual(expected)
    await expectConversation(address, expected)
  })
})
