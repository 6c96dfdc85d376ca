import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'

const PER_PARTITION = 10
const VALUE_LINES = ['--formatter-property', 'print.value=true']

describe.skipIf(!hasJavaTools)('offsets of a group, committed and read by Java and by us', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  /** A topic with three partitions of ten records, whose values are `partition:offset`. */
  async function filledTopic(): Promise<{ topic: string; values: string[] }> {
    const topic = uniqueName('offsets')
    await kafka.admin().createTopics([{ name: topic, numPartitions: 3, replicationFactor: 1 }])
    const messages = Array.from({ length: 3 * PER_PARTITION }, (_, i) => {
      const [partition, offset] = [Math.floor(i / PER_PARTITION), i % PER_PARTITION]
      return { topic, partition, value: `${partition}:${offset}` }
    })
    await kafka.producer().sendBatch(messages)
    return { topic, values: messages.map(({ value }) => value) }
  }

  /** Takes so many messages of a group, stops after the last one, and gives their values. */
  async function take(groupId: string, topic: string, count: number): Promise<string[]> {
    const consumer = kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' })
    const values: string[] = []
    for await (const message of consumer) {
      values.push(String(message.value))
      if (values.length < count) continue
      await consumer.commit(message)
      break
    }
    await consumer.close()
    return values
  }

  function takeWithJava(groupId: string, topic: string, count: number): Promise<string[]> {
    const what = ['--topic', topic, '--group', groupId, '--from-beginning', '--max-messages', `${count}`]
    return runJavaTool(tools.consumer, [...what, ...VALUE_LINES])
  }

  /** What Java's tool says about each partition of a group: committed offset, end of the log, lag. */
  async function describedByJava(groupId: string): Promise<Array<[string, string, string]>> {
    const lines = await runJavaTool(tools.consumerGroups, ['--describe', '--group', groupId])
    const rows = lines.map((line) => line.trim().split(/\s+/))
    const header = rows.find(([first]) => first === 'GROUP') ?? []
    const column = (row: string[], name: string): string => row[header.indexOf(name)]
    return rows
      .filter(([first]) => first === groupId)
      .sort((a, b) => Number(column(a, 'PARTITION')) - Number(column(b, 'PARTITION')))
      .map((row) => [column(row, 'CURRENT-OFFSET'), column(row, 'LOG-END-OFFSET'), column(row, 'LAG')])
  }

  test('Java sees what we have committed', async () => {
    const { topic } = await filledTopic()
    const groupId = uniqueName('g')
    const consumer = kafka.consumer({ groupId })
    await consumer.commit([
      { topic, partition: 0, offset: 4, metadata: 'a note' },
      { topic, partition: 1, offset: 10 },
    ])
    await consumer.close()
    // It does not list what nothing is committed for.
    expect(await describedByJava(groupId)).toEqual([
      ['4', '10', '6'],
      ['10', '10', '0'],
    ])
  })

  test('a Java consumer goes on where ours stopped, and ours where that stopped', async () => {
    const { topic, values } = await filledTopic()
    const groupId = uniqueName('g')
    const ours = await take(groupId, topic, 7)
    const java = await takeWithJava(groupId, topic, 9)
    const rest = await take(groupId, topic, 14)
    expect([ours.length, java.length, rest.length]).toEqual([7, 9, 14])
    expect([...ours, ...java, ...rest].sort()).toEqual([...values].sort())
    expect(await describedByJava(groupId)).toEqual(Array(3).fill(['10', '10', '0']))
  })
})
