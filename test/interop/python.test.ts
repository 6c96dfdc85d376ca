import { Kafka } from 'kafka-wire'
import { compressionTypes } from 'kafka-wire/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'
import { hasPython, runPython } from '../support/python-client.ts'
import { storedCodecs } from '../support/stored-batches.ts'
import { readAll } from './reading.ts'
import { keepForever, readRecord, testRecords } from './records.ts'

describe.skipIf(!hasPython)('kafka-python', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  async function newTopic(): Promise<string> {
    const name = uniqueName('python')
    await kafka.admin().createTopics([{ name, numPartitions: 1, replicationFactor: 1, configs: keepForever }])
    return name
  }

  test.each(compressionTypes)('%s: it reads what our producer wrote', async (compressionType) => {
    const topic = await newTopic()
    await kafka.producer({ compressionType }).sendBatch(testRecords.map((record) => ({ topic, ...record })))
    const lines = await runPython('consume', topic, [uniqueName('g'), `${testRecords.length}`])
    expect(lines.map((line) => JSON.parse(line))).toEqual(testRecords)
  })

  test.each(compressionTypes)('%s: our consumer reads what it wrote', async (codec) => {
    const topic = await newTopic()
    // It sends neither null headers nor records without both key and value.
    const records = testRecords.filter(({ key, value, headers }) => {
      return (key !== null || value !== null) && headers.every(([, text]) => text !== null)
    })
    await runPython('produce', topic, [codec], records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    expect(await storedCodecs(kafka, topic)).toEqual([codec])
    expect((await readAll(kafka, topic, records.length)).map(readRecord)).toEqual(records)
  })

  test('it goes on where our consumer stopped, and ours where it stopped', async () => {
    const topic = await newTopic()
    const groupId = uniqueName('g')
    await kafka.producer().sendBatch(Array.from({ length: 30 }, (_, i) => ({ topic, value: `${i}` })))
    const values: string[] = []
    const take = async (count: number): Promise<void> => {
      const consumer = kafka.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' })
      let left = count
      for await (const message of consumer) {
        values.push(String(message.value))
        if (--left > 0) continue
        await consumer.commit(message)
        break
      }
      await consumer.close()
    }
    await take(10)
    const lines = await runPython('consume', topic, [groupId, '10'])
    values.push(...lines.map((line) => JSON.parse(line).value))
    await take(10)
    expect(values).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`))
  })
})
