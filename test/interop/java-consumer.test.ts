import { Kafka } from 'kafka-wire'
import { compressionTypes } from 'kafka-wire/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'
import { storedCodecs } from '../support/stored-batches.ts'
import { printAll, printedLine } from './console.ts'
import { keepForever, testRecords } from './records.ts'

describe.skipIf(!hasJavaTools)('a Java consumer reads what our producer wrote', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  test.each(compressionTypes)('%s', async (compressionType) => {
    const topic = uniqueName('written-by-us')
    await kafka.admin().createTopics([{ name: topic, numPartitions: 2, replicationFactor: 1, configs: keepForever }])
    const producer = kafka.producer({ compressionType })
    await producer.sendBatch(testRecords.map((record) => ({ topic, partition: 1, ...record })))
    expect(await storedCodecs(kafka, topic)).toEqual([compressionType])

    const all = ['--from-beginning', '--max-messages', `${testRecords.length}`]
    const lines = await runJavaTool(tools.consumer, ['--topic', topic, ...all, ...printAll])
    expect(lines).toEqual(testRecords.map((record, offset) => printedLine(record, 1, offset)))
  })
})
