import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasJavaTools, runJavaTool, tools } from '../support/java-tools.ts'
import { bootstrapServers, uniqueName } from '../support/kafka.ts'
import { hasPython } from '../support/python-client.ts'
import { type Client, MixedGroup } from './mixed-group.ts'

const PARTITIONS = 6

/** The first member leads the group: it computes what the others get. */
const cases = (['range', 'cooperative-sticky'] as const).flatMap((strategy) => [
  { strategy, first: 'ours', second: 'Java' } as const,
  { strategy, first: 'Java', second: 'ours' } as const,
  { strategy, first: 'ours', second: 'Python' } as const,
  { strategy, first: 'Python', second: 'ours' } as const,
])

const isThere: Readonly<Record<Client, boolean>> = { ours: true, Java: hasJavaTools, Python: hasPython }

describe.skipIf(!hasJavaTools && !hasPython)('one group of different clients', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
  })
  afterAll(() => kafka.close())

  test.for(cases.filter(({ first, second }) => isThere[first] && isThere[second]))(
    '$strategy, $first first, then $second: they share the partitions, and every record is read once',
    async ({ strategy, first, second }, { signal, onTestFinished }) => {
      const group = new MixedGroup(kafka, PARTITIONS, strategy, signal)
      onTestFinished(() => group.leaveAll())
      await group.createTopic()
      group.join(first)
      await group.settle({ [first]: PARTITIONS })
      group.join(second)
      // With the cooperative protocol other clients do not commit what they read between their joining and their giving
      // up of partitions, so that it is read again: two Java consumers do so, too. Ours does commit it.
      if (strategy === 'cooperative-sticky' && first !== 'ours') await group.assigned(PARTITIONS / 2)
      await group.settle({ [first]: PARTITIONS / 2, [second]: PARTITIONS / 2 })
      await Promise.all([group.leave(first), group.settle({ [second]: PARTITIONS })])
      expect(group.readTwice).toEqual([])
    },
  )

  test.skipIf(!hasJavaTools)('Java’s tool lists our members with their partitions', async ({ onTestFinished }) => {
    const topic = uniqueName('group')
    const groupId = uniqueName('g')
    await kafka.admin().createTopics([{ name: topic, numPartitions: 4, replicationFactor: 1 }])
    const members = ['one', 'two'].map((clientId) => {
      const client = new Kafka({ bootstrapServers: bootstrapServers(), clientId })
      onTestFinished(() => client.close())
      const consumer = client.consumer({ groupId, topics: [topic], heartbeatIntervalMs: 200 })
      void consumer.messages().next()
      return { clientId, consumer }
    })
    for (const { consumer } of members)
      await expect.poll(() => consumer.assignment(), { timeout: 30_000 }).toHaveLength(2)

    const lines = await runJavaTool(tools.consumerGroups, ['--describe', '--group', groupId, '--members', '--verbose'])
    for (const { clientId, consumer } of members) {
      const partitions = consumer.assignment().map(({ partition }) => partition)
      const line = lines.find((each) => each.includes(` ${clientId} `))
      expect(line).toContain(` ${topic}:${partitions.sort().join(',')} `)
    }
  })
})
