import { Kafka } from 'kafka-wire'
import { compressionTypes } from 'kafka-wire/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'
import { storedCodecs } from '../support/stored-batches.ts'
import { parseAll, parsedLine } from './console.ts'
import { readAll } from './reading.ts'
import { readRecord, testRecords } from './records.ts'

const RECORDS = 100_000

describe.skipIf(!hasJavaTools)('our consumer reads what a Java producer wrote', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  async function topicWith(numPartitions: number): Promise<string> {
    const name = uniqueName('written-by-java')
    await kafka.admin().createTopics([{ name, numPartitions, replicationFactor: 1 }])
    return name
  }

  test.each(compressionTypes)('%s: a hundred thousand records, each once, in order', async (codec) => {
    const topic = await topicWith(3)
    const load = ['--num-records', `${RECORDS}`, '--throughput', '-1', '--payload-monotonic']
    const properties = [`compression.type=${codec}`, 'batch.size=200000', 'linger.ms=10']
    await runJavaTool(tools.producerPerformance, ['--topic', topic, ...load, '--command-property', ...properties])
    expect(await storedCodecs(kafka, topic)).toEqual([codec])

    const places = [0, 1, 2].map((partition) => ({ partition, offset: 0, last: -1 }))
    const values = new Set<number>()
    for (const { partition, offset, value } of await readAll(kafka, topic, RECORDS)) {
      const place = places[partition]
      const number = Number(value)
      // The tool counts upwards: a record that is doubled or out of order does not grow.
      if (offset !== place.offset || number <= place.last) expect.unreachable(`${number} after ${place.last}`)
      place.offset++
      place.last = number
      values.add(number)
    }
    expect(values.size).toBe(RECORDS)
    expect(Math.max(...places.map(({ last }) => last))).toBe(RECORDS - 1)
  })

  test.each(compressionTypes)('%s: keys, values and headers', async (codec) => {
    const topic = await topicWith(1)
    const batching = ['--batch-size', '1000000', '--compression-codec', codec]
    const input = testRecords.map((record) => `${parsedLine(record)}\n`).join('')
    const before = Date.now()
    await runJavaTool(tools.producer, ['--topic', topic, ...batching, ...parseAll], input)
    const after = Date.now()
    expect(await storedCodecs(kafka, topic)).toEqual([codec])

    const messages = await readAll(kafka, topic, testRecords.length)
    const read = messages.map(readRecord)
    expect(read).toEqual(testRecords.map((record, i) => ({ ...record, timestamp: read[i].timestamp })))
    for (const { timestamp } of read) {
      expect(timestamp).toBeGreaterThanOrEqual(before)
      expect(timestamp).toBeLessThanOrEqual(after)
    }
  })
})
