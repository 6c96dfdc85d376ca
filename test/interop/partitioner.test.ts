import { join } from 'node:path'
import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { murmur2, partitionForKey } from '../../src/producer/partitioner.ts'
import { hasJavaCompiler, hasJavaTools, runJavaSource, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'
import { seededRandom } from '../unit/seeded-random.ts'
import { readAll } from './reading.ts'

const random = seededRandom(20_251)
const upTo = (limit: number): number => Math.floor(random() * (limit + 1))
const bytes = (length: number, lowest: number, highest: number): Buffer => {
  return Buffer.from(Array.from({ length }, () => lowest + upTo(highest - lowest)))
}

/** Every length from 0 to 100 thrice: printable, of any bytes, and of bytes that are negative numbers in Java. */
const binaryKeys = Array.from({ length: 101 }, (_, length) => [
  bytes(length, 0x20, 0x7e),
  bytes(length, 0, 0xff),
  bytes(length, 0x80, 0xff),
]).flat()

const alphabet = [...'abcXYZ019-_ äßЖя語🚕é']
const textKeys = Array.from({ length: 200 }, (_, i) => {
  return `${i}${Array.from({ length: upTo(40) }, () => alphabet[upTo(alphabet.length - 1)]).join('')}`
})

const keys = [...binaryKeys, ...textKeys.map((key) => Buffer.from(key))]

describe.skipIf(!hasJavaTools)('partitions of keys', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  async function topicWith(numPartitions: number): Promise<string> {
    const name = uniqueName('keys')
    await kafka.admin().createTopics([{ name, numPartitions, replicationFactor: 1 }])
    return name
  }

  describe.skipIf(!hasJavaCompiler)('as computed by Java', () => {
    /** For each key its hash, and its partition of 1, 2, … 100. */
    let vectors: Array<{ hash: number; partitions: number[] }>

    beforeAll(async () => {
      const input = keys.map((key) => `${key.toString('hex')}\n`).join('')
      const lines = await runJavaSource(join(import.meta.dirname, 'PartitionVectors.java'), input)
      vectors = lines.map((line) => {
        const [hash, ...partitions] = line.split(' ').map(Number)
        return { hash, partitions }
      })
    })

    test('every key has the same hash, and the same partition of 1 to 100', () => {
      const ours = keys.map((key) => ({
        hash: murmur2(key),
        partitions: Array.from({ length: 100 }, (_, i) => partitionForKey(key, i + 1)),
      }))
      expect(ours).toEqual(vectors)
    })

    test('a text has the partition of its bytes', () => {
      const offset = binaryKeys.length
      const ours = textKeys.map((key) => Array.from({ length: 100 }, (_, i) => partitionForKey(key, i + 1)))
      expect(ours).toEqual(vectors.slice(offset).map(({ partitions }) => partitions))
    })

    test.each([1, 7, 64, 100])('a producer puts keys where Java does in a topic of %i', async (count) => {
      const topic = await topicWith(count)
      const sent = await kafka.producer().sendBatch(keys.map((key) => ({ topic, key, value: 'x' })))
      expect(sent.map(({ partition }) => partition)).toEqual(vectors.map(({ partitions }) => partitions[count - 1]))
    })
  })

  test('a Java producer and ours put a key on the same partition', async () => {
    const topic = await topicWith(7)
    const input = textKeys.map((key) => `${key}\tJava\n`).join('')
    await runJavaTool(tools.producer, ['--topic', topic, '--reader-property', 'parse.key=true'], input)
    await kafka.producer().sendBatch(textKeys.map((key) => ({ topic, key, value: 'ours' })))

    const places = { Java: new Map<string, number>(), ours: new Map<string, number>() }
    for (const { key, value, partition } of await readAll(kafka, topic, textKeys.length * 2)) {
      places[String(value) as keyof typeof places].set(String(key), partition)
    }
    expect(places.Java.size).toBe(textKeys.length)
    expect(new Set(places.Java.values()).size).toBe(7)
    expect(places.ours).toEqual(places.Java)
  })
})
