import { type Consumer, type ConsumerOptions, channels, Kafka, type Logger, serde } from 'kafka-wire'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, brokerIsAtLeast, hasBroker, uniqueName } from '../support/kafka.ts'

const warnings: string[] = []
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message) => warnings.push(message),
  error: (message) => warnings.push(message),
}

describe.skipIf(!hasBroker)('consumer', () => {
  let kafka: Kafka
  const open = new Set<{ close(): Promise<void> }>()

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers(), logger })
  })

  afterEach(async () => {
    await Promise.all([...open].map((each) => each.close()))
    open.clear()
    warnings.length = 0
  })

  afterAll(() => kafka.close())

  function consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V>): Consumer<K, V> {
    const made = kafka.consumer<K, V>({ autoOffsetReset: 'earliest', heartbeatIntervalMs: 200, ...options })
    open.add(made)
    return made
  }

  async function topicWith(numPartitions: number, perPartition = 0): Promise<string> {
    const topic = uniqueName('consumer')
    await kafka.admin().createTopics([{ name: topic, numPartitions, replicationFactor: 1 }])
    await fill(topic, numPartitions, 0, perPartition)
    return topic
  }

  async function fill(topic: string, numPartitions: number, from: number, to: number): Promise<void> {
    const producer = kafka.producer()
    open.add(producer)
    const messages = []
    for (let partition = 0; partition < numPartitions; partition++) {
      for (let i = from; i < to; i++) messages.push({ topic, partition, key: `k${i}`, value: `${partition}:${i}` })
    }
    await producer.sendBatch(messages)
  }

  /** Takes `count` values; the last one is not counted as processed. */
  async function take(from: Consumer, count: number): Promise<string[]> {
    const values: string[] = []
    for await (const message of from) {
      values.push(String(message.value))
      if (values.length === count) break
    }
    return values
  }

  /** Resolves when so many requests of an API have been answered from now on. */
  async function answers(api: string, count: number): Promise<void> {
    const done = Promise.withResolvers<void>()
    let left = count
    const listen = (message: unknown): void => {
      if ((message as { api: string }).api === api && --left === 0) done.resolve()
    }
    channels.request.subscribe(listen)
    await done.promise
    channels.request.unsubscribe(listen)
  }

  const range = (partition: number, from: number, to: number): string[] => {
    return Array.from({ length: to - from }, (_, i) => `${partition}:${from + i}`)
  }

  test('reads every message once, in the order of each partition', async () => {
    const topic = await topicWith(3, 100)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const values = await take(reader, 300)
    for (const partition of [0, 1, 2]) {
      expect(values.filter((value) => value.startsWith(`${partition}:`))).toEqual(range(partition, 0, 100))
    }
  })

  test('breaking out of the loop keeps the current message: it comes again, and only what was before is committed', async () => {
    const topic = await topicWith(1, 10)
    const groupId = uniqueName('g')
    const first = consumer({ groupId, topics: [topic] })
    expect(await take(first, 4)).toEqual(range(0, 0, 4))
    expect(first.position({ topic, partition: 0 })).toBe(3)
    expect(await take(first, 1)).toEqual(['0:3'])
    await first.close()
    const second = consumer({ groupId, topics: [topic] })
    expect(await take(second, 1)).toEqual(['0:3'])
    expect(await second.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 3 }])
  })

  test('a throw in the loop keeps the current message, too', async () => {
    const topic = await topicWith(1, 3)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const failing = async (): Promise<void> => {
      for await (const message of reader) if (message.offset === 1) throw new Error('mine')
    }
    await expect(failing()).rejects.toThrow('mine')
    expect(await take(reader, 2)).toEqual(['0:1', '0:2'])
  })

  test('commit(message) and break stops after a processed message', async () => {
    const topic = await topicWith(1, 5)
    const groupId = uniqueName('g')
    const reader = consumer({ groupId, topics: [topic], enableAutoCommit: false })
    for await (const message of reader) {
      if (message.offset < 2) continue
      await reader.commit(message)
      break
    }
    expect(await reader.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 3 }])
    await reader.close()
    expect(await take(consumer({ groupId, topics: [topic] }), 2)).toEqual(['0:3', '0:4'])
  })

  test('metadata is committed beside an offset; a partition without a commit says -1', async () => {
    const topic = await topicWith(2, 1)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    await take(reader, 1)
    await reader.commit([{ topic, partition: 1, offset: 1, metadata: 'note' }])
    const offsets = await reader.committed([
      { topic, partition: 1 },
      { topic, partition: 0 },
    ])
    expect(offsets).toMatchObject([{ offset: 1, metadata: 'note' }, { offset: -1 }])
  })

  test('two members share the partitions, and the one that stays takes over all of them', async () => {
    const topic = await topicWith(4, 50)
    const groupId = uniqueName('g')
    const seen: string[] = []
    const owned = new Map<Consumer, Set<number>>()
    const listen = (): ConsumerOptions => ({ groupId, topics: [topic] })
    const [a, b] = [consumer(listen()), consumer(listen())]
    const reading = [a, b].map(async (each) => {
      for await (const message of each) {
        seen.push(String(message.value))
        owned.set(each, (owned.get(each) ?? new Set()).add(message.partition))
      }
    })
    await expect.poll(() => [a.assignment().length, b.assignment().length], { timeout: 30_000 }).toEqual([2, 2])
    await fill(topic, 4, 50, 100)
    await expect.poll(() => new Set(seen).size, { timeout: 30_000 }).toBe(400)
    await b.close()
    await expect.poll(() => a.assignment().length, { timeout: 30_000 }).toBe(4)
    await fill(topic, 4, 100, 120)
    await expect.poll(() => new Set(seen).size, { timeout: 30_000 }).toBe(480)
    // Nothing was repeated: every partition changed hands with its processed offset.
    await a.close()
    await Promise.all(reading)
    expect(seen).toHaveLength(480)
  })

  test('cooperative members keep what they have when another one joins', async () => {
    const topic = await topicWith(4, 10)
    const groupId = uniqueName('g')
    const revoked: number[][] = []
    const options = (): ConsumerOptions => ({
      groupId,
      topics: [topic],
      partitionAssignmentStrategy: ['cooperative-sticky'],
    })
    const a = consumer({
      ...options(),
      onPartitionsRevoked: (partitions) => {
        revoked.push(partitions.map(({ partition }) => partition))
      },
    })
    const b = consumer(options())
    const readA = a.run({ eachMessage: () => {} })
    await expect.poll(() => a.assignment().length, { timeout: 20_000 }).toBe(4)
    const readB = b.run({ eachMessage: () => {} })
    await expect.poll(() => [a.assignment().length, b.assignment().length], { timeout: 30_000 }).toEqual([2, 2])
    expect(revoked).toHaveLength(1)
    expect(revoked[0]).toHaveLength(2)
    await Promise.all([a.close(), b.close(), readA, readB])
  })

  test('a revocation waits for next(), commits what is processed and awaits the callback', async () => {
    const topic = await topicWith(2, 5)
    const groupId = uniqueName('g')
    const events: string[] = []
    const a = consumer({
      groupId,
      topics: [topic],
      heartbeatIntervalMs: 50,
      onPartitionsRevoked: async () => {
        events.push('revoked')
        await new Promise((resolve) => setImmediate(resolve))
        events.push('callback done')
      },
    })
    const messages = a.messages()
    await messages.next()
    const b = consumer({ groupId, topics: [topic] })
    const bTakes = b.messages().next()
    // The coordinator tells us again and again that the group waits: the message is still in our hands.
    await answers('Heartbeat', 10)
    expect(events).toEqual([])
    expect(a.assignment()).toHaveLength(2)
    await messages.next()
    expect(events).toEqual(['revoked', 'callback done'])
    await bTakes
    const committed = await a.committed([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ])
    expect(committed.map(({ offset }) => offset).filter((offset) => offset === 1)).toHaveLength(1)
    await messages.return?.()
  })

  test('each member of a group gets only what it subscribes to, also when it does not lead', async () => {
    const [left, right] = [await topicWith(2, 3), await topicWith(2, 3)]
    const groupId = uniqueName('g')
    const [a, b] = [consumer({ groupId, topics: [left] }), consumer({ groupId, topics: [right] })]
    const runs = [a.run({ eachMessage: () => {} }), b.run({ eachMessage: () => {} })]
    const topicsOf = (each: Consumer): string[] => each.assignment().map(({ topic }) => topic)
    await expect.poll(() => topicsOf(a), { timeout: 30_000 }).toEqual([left, left])
    await expect.poll(() => topicsOf(b), { timeout: 30_000 }).toEqual([right, right])
    await Promise.all([a.close(), b.close(), ...runs])
  })

  test('a regular expression follows topics that are created later; its g flag does not matter', async () => {
    const prefix = uniqueName('follow')
    const reader = kafka.consumer({ groupId: uniqueName('g'), autoOffsetReset: 'earliest' })
    open.add(reader)
    await reader.subscribe(new RegExp(`^${prefix}-`, 'g'))
    const seen: string[] = []
    const run = reader.run({ eachMessage: (message) => seen.push(message.topic) })
    const producer = kafka.producer()
    open.add(producer)
    for (const name of [`${prefix}-a`, `${prefix}-b`]) {
      await kafka.admin().createTopics([{ name, numPartitions: 1, replicationFactor: 1 }])
      await producer.send({ topic: name, value: 'x' })
      // Metadata is looked at every five minutes; here somebody asks for it.
      await kafka.admin().describeTopics([name])
      await expect
        .poll(
          async () => {
            await reader.endOffsets([{ topic: name, partition: 0 }])
            return seen.includes(name)
          },
          { timeout: 30_000 },
        )
        .toBe(true)
    }
    await reader.close()
    await run
  })

  test('waits for a topic that does not exist yet', async () => {
    const topic = uniqueName('later')
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const next = reader.messages().next()
    await expect.poll(() => reader.groupMetadata().generationId, { timeout: 20_000 }).toBeGreaterThan(0)
    await kafka.admin().createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1 }])
    await fill(topic, 1, 0, 1)
    expect((await next).value?.offset).toBe(0)
  })

  test.skipIf(brokerIsAtLeast('2.3'))('brokers before 2.3 have no static members, and the error says so', async () => {
    const topic = await topicWith(1, 1)
    const first = consumer({ groupId: uniqueName('g'), topics: [topic], groupInstanceId: 'one' })
    const error = await first
      .messages()
      .next()
      .catch((reason) => reason)
    expect(error).toMatchObject({ name: 'UnsupportedVersionError', retriable: false })
    expect(error.message).toMatch(/groupInstanceId 'one' needs brokers of Kafka 2\.3/)
  })

  test.skipIf(!brokerIsAtLeast('2.3'))(
    'a static member that comes back has its partitions without a rebalance',
    async () => {
      const topic = await topicWith(2, 4)
      const groupId = uniqueName('g')
      const options = { groupId, topics: [topic], groupInstanceId: 'one' }
      const first = consumer(options)
      await take(first, 1)
      const { generationId } = first.groupMetadata()
      await first.close()
      const second = consumer(options)
      await take(second, 1)
      expect(second.groupMetadata().generationId).toBe(generationId)
    },
  )

  const fencing = 'a second member with the same instance id fences the first, whose iteration ends with a fatal error'
  test.skipIf(!brokerIsAtLeast('2.3'))(fencing, async () => {
    const topic = await topicWith(1, 1)
    const options = { groupId: uniqueName('g'), topics: [topic], groupInstanceId: 'one' }
    const first = consumer(options)
    const messages = first.messages()
    await messages.next()
    const waiting = messages.next()
    const second = consumer(options)
    // Nothing is committed, so the second one gets the message again.
    const [error] = await Promise.all([waiting.catch((reason) => reason), second.messages().next()])
    expect(error).toMatchObject({ name: 'BrokerError', code: 'FENCED_INSTANCE_ID', fatal: true })
  })

  test('leaves the group when the next message is not asked for in time, and comes back when it is', async () => {
    const topic = await topicWith(1, 3)
    const lost: unknown[] = []
    const reader = consumer({
      groupId: uniqueName('g'),
      topics: [topic],
      maxPollIntervalMs: 1000,
      onPartitionsLost: (partitions) => {
        lost.push(...partitions)
      },
    })
    const messages = reader.messages()
    expect((await messages.next()).value?.offset).toBe(0)
    await expect.poll(() => reader.groupMetadata().memberId, { timeout: 10_000 }).toBe('')
    expect(warnings.join()).toContain('maxPollIntervalMs')
    // The group is empty now, and would take a commit from anybody.
    await expect(reader.commit([{ topic, partition: 0, offset: 1 }])).rejects.toMatchObject({
      code: 'UNKNOWN_MEMBER_ID',
    })
    // Nothing was committed, so the new member starts over: at least once.
    expect((await messages.next()).value?.offset).toBe(0)
    expect(lost).toEqual([{ topic, partition: 0 }])
    await messages.return?.()
  })

  test('assign() needs no group and starts where it is told', async () => {
    const topic = await topicWith(2, 10)
    const reader = consumer({})
    reader.assign([
      { topic, partition: 0, offset: 7 },
      { topic, partition: 1, offset: 9 },
    ])
    expect((await take(reader, 4)).sort()).toEqual(['0:7', '0:8', '0:9', '1:9'])
    await expect(reader.commit()).rejects.toMatchObject({ name: 'UsageError' })
    await expect(reader.subscribe([topic])).rejects.toMatchObject({ name: 'UsageError' })
  })

  test.each([
    ['earliest', '0:0'],
    ['latest', '0:5'],
    ['by_duration:PT1H', '0:0'],
  ] as const)('autoOffsetReset %s', async (autoOffsetReset, expected) => {
    const topic = await topicWith(1, 5)
    const reader = consumer({ autoOffsetReset })
    reader.assign([{ topic, partition: 0 }])
    const next = reader.messages().next()
    await expect.poll(() => reader.position({ topic, partition: 0 })).toBeDefined()
    await fill(topic, 1, 5, 6)
    expect(String((await next).value?.value)).toBe(expected)
  })

  test("autoOffsetReset 'none' throws and names the partition; seeking helps", async () => {
    const topic = await topicWith(1, 5)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'none' })
    const error = { name: 'KafkaError', code: 'NO_OFFSET', topic, partition: 0 }
    await expect(take(reader, 1)).rejects.toMatchObject(error)
    await expect(take(reader, 1)).rejects.toMatchObject(error)
    reader.seek({ topic, partition: 0, offset: 99 })
    await expect(take(reader, 1)).rejects.toMatchObject({ ...error, offset: 99 })
    reader.seek({ topic, partition: 0, offset: 4 })
    expect(await take(reader, 1)).toEqual(['0:4'])
  })

  test('an offset that the log does not have goes by the reset policy, with a warning', async () => {
    const topic = await topicWith(1, 5)
    const reader = consumer({})
    reader.assign([{ topic, partition: 0, offset: 1000 }])
    expect(await take(reader, 1)).toEqual(['0:0'])
    expect(warnings.join()).toContain(`Offset 1000 of ${topic}-0 is out of range`)
  })

  test('seek inside the loop takes effect at the next message', async () => {
    const topic = await topicWith(1, 10)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const offsets: number[] = []
    for await (const message of reader) {
      offsets.push(message.offset)
      if (offsets.length === 2) reader.seek({ topic, partition: 0, offset: 8 })
      if (offsets.length === 3) reader.seekToBeginning([{ topic, partition: 0 }])
      if (offsets.length === 5) break
    }
    expect(offsets).toEqual([0, 1, 8, 0, 1])
    reader.seekToEnd()
    await expect.poll(() => reader.position({ topic, partition: 0 })).toBe(10)
    await reader.commit([{ topic, partition: 0, offset: 6 }])
    await reader.seekToCommitted()
    expect(await take(reader, 1)).toEqual(['0:6'])
  })

  test('a paused partition delivers nothing until it is resumed', async () => {
    const topic = await topicWith(2, 20)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const partitions: number[] = []
    for await (const message of reader) {
      partitions.push(message.partition)
      if (partitions.length === 1) reader.pause([message])
      if (partitions.length === 21) {
        expect(new Set(partitions.slice(1)).size).toBe(1)
        expect(partitions[1]).not.toBe(partitions[0])
        expect(reader.paused()).toHaveLength(1)
        reader.resume(reader.paused())
      }
      if (partitions.length === 40) break
    }
    expect(partitions.filter((partition) => partition === 0)).toHaveLength(20)
  })

  test('batches hold runs of one partition up to maxPollRecords, whatever the record batches in the log', async () => {
    const topic = await topicWith(1, 0)
    for (let i = 0; i < 5; i++) await fill(topic, 1, i * 10, i * 10 + 10)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic], maxPollRecords: 25 })
    const lengths: number[] = []
    for await (const batch of reader.batches()) {
      lengths.push(batch.length)
      expect(batch.topic).toBe(topic)
      expect(batch[0].offset).toBe(lengths.slice(0, -1).reduce((sum, length) => sum + length, 0))
      expect([...batch].map(({ offset }) => offset)).toEqual(batch.map(({ offset }) => offset))
      expect(batch.offsets).toMatchObject([{ topic, partition: 0, offset: batch[batch.length - 1].offset + 1 }])
      expect(batch.highWatermark).toBe(50)
      if (batch[batch.length - 1].offset === 49) {
        await reader.commit(batch)
        break
      }
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(25)
    expect(lengths[0]).toBeGreaterThan(10)
    expect(await reader.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 50 }])
  })

  test('poll() gives what is there, and an empty answer when time is up', async () => {
    const topic = await topicWith(2, 5)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const offsets: number[] = []
    while (offsets.length < 10) {
      const messages = await reader.poll({ maxRecords: 3, timeoutMs: 10_000 })
      expect(messages.length).toBeLessThanOrEqual(3)
      offsets.push(...messages.map(({ offset }) => offset))
    }
    await reader.commit()
    expect(await reader.committed()).toMatchObject([{ offset: 5 }, { offset: 5 }])
    expect(await reader.poll({ timeoutMs: 10 })).toEqual([])
    expect(await reader.lag()).toMatchObject([{ lag: 0 }, { lag: 0 }])
  })

  test('run() keeps the order within each partition while it works on several', async () => {
    const topic = await topicWith(4, 30)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const seen = new Map<number, number[]>()
    let atWork = 0
    let mostAtWork = 0
    const run = reader.run({
      partitionsConcurrently: 3,
      eachMessage: async ({ partition, offset }) => {
        mostAtWork = Math.max(mostAtWork, ++atWork)
        await new Promise((resolve) => setImmediate(resolve))
        seen.set(partition, [...(seen.get(partition) ?? []), offset])
        atWork--
      },
    })
    await expect.poll(() => [...seen.values()].flat().length, { timeout: 20_000 }).toBe(120)
    await reader.close()
    await run
    for (const offsets of seen.values()) expect(offsets).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect(mostAtWork).toBeGreaterThan(1)
    expect(mostAtWork).toBeLessThanOrEqual(3)
  })

  test('a handler that throws ends run() with the place; what was processed is committed', async () => {
    const topic = await topicWith(1, 10)
    const groupId = uniqueName('g')
    const reader = consumer({ groupId, topics: [topic] })
    const cause = new Error('no driver')
    const run = reader.run({
      eachMessage: ({ offset }) => {
        if (offset === 4) throw cause
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'HANDLER_FAILED', topic, partition: 0, offset: 4, cause })
    expect(await reader.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 4 }])
    expect(await take(reader, 1)).toEqual(['0:4'])
  })

  test('onError may retry or skip; close() ends run() and commits', async () => {
    const topic = await topicWith(1, 5)
    const groupId = uniqueName('g')
    const reader = consumer({ groupId, topics: [topic] })
    const calls: number[] = []
    const run = reader.run({
      eachMessage: async ({ offset }) => {
        calls.push(offset)
        if (offset === 1 && calls.length < 4) throw new Error('again')
        if (offset === 3) throw new Error('never')
        if (offset === 4) void reader.close()
      },
      onError: (_error, { offset }) => (offset === 1 ? 'retry' : 'skip'),
    })
    await run
    await reader.close()
    expect(calls).toEqual([0, 1, 1, 1, 2, 3, 4])
    const later = consumer({ groupId, topics: [topic] })
    expect(await later.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 4 }])
  })

  test('values that do not deserialise: thrown with the raw record, skipped, or handed over', async () => {
    const topic = await topicWith(1, 0)
    const producer = kafka.producer()
    open.add(producer)
    for (const value of ['{"n":1}', 'not json', null, '{"n":2}']) await producer.send({ topic, value })
    const options = { topics: [topic], valueDeserializer: serde.json<{ n: number }>() }
    const failing = consumer({ ...options, groupId: uniqueName('g') })
    const messages = failing.messages()
    expect((await messages.next()).value?.value).toEqual({ n: 1 })
    const error = await messages.next().catch((reason) => reason)
    expect(error).toMatchObject({ name: 'SerializationError', code: 'DESERIALIZATION_FAILED', topic, offset: 1 })
    expect(String(error.record.value)).toBe('not json')
    expect(failing.position({ topic, partition: 0 })).toBe(1)
    failing.seek({ topic, partition: 0, offset: 2 })
    const rest = failing.messages()
    expect((await rest.next()).value?.value).toBeNull()
    await rest.return?.()

    for (const policy of ['skip', 'function'] as const) {
      const dead: string[] = []
      const reader = consumer({
        ...options,
        groupId: uniqueName('g'),
        onDeserializationError: policy === 'skip' ? 'skip' : (_error, message) => void dead.push(String(message.value)),
      })
      const values: unknown[] = []
      for await (const message of reader) {
        values.push(message.value)
        if (values.length === 3) break
      }
      expect(values).toEqual([{ n: 1 }, null, { n: 2 }])
      expect(dead).toEqual(policy === 'skip' ? [] : ['not json'])
    }
  })

  test('offset queries, by place and by time', async () => {
    const topic = await topicWith(1, 0)
    const producer = kafka.producer()
    open.add(producer)
    for (const timestamp of [1000, 2000, 3000]) await producer.send({ topic, value: 'x', timestamp })
    const reader = consumer({})
    const partition = { topic, partition: 0 }
    expect(await reader.beginningOffsets([partition])).toMatchObject([{ ...partition, offset: 0 }])
    expect(await reader.endOffsets([partition])).toMatchObject([{ ...partition, offset: 3 }])
    const found = await reader.offsetsForTimes([{ ...partition, timestamp: 1500 }])
    expect(found).toMatchObject([{ ...partition, offset: 1, timestamp: 2000 }])
    expect(await reader.offsetsForTimes([{ ...partition, timestamp: 9000 }])).toMatchObject([{ offset: -1 }])
    await expect(reader.endOffsets([{ topic, partition: 7 }])).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      partition: 7,
    })
  })

  test('an abort signal ends the iteration with an AbortError', async () => {
    const topic = await topicWith(1, 1)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const controller = new AbortController()
    const messages = reader.messages({ signal: controller.signal })
    await messages.next()
    const waiting = messages.next()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError', code: 'ABORTED', cause: new Error('enough') })
    expect(await messages.next()).toEqual({ value: undefined, done: true })
  })

  test('close() ends a pending next(); what comes after is refused', async () => {
    const topic = await topicWith(1, 0)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const waiting = reader.messages().next()
    await expect.poll(() => reader.assignment().length, { timeout: 20_000 }).toBe(1)
    await reader.close()
    expect(await waiting).toEqual({ value: undefined, done: true })
    await expect(reader.commit()).rejects.toMatchObject({ name: 'ClosedError' })
    expect(() => reader.messages()).toThrow(expect.objectContaining({ name: 'ClosedError' }))
  })

  test('a second iteration beside a live one is a UsageError', async () => {
    const topic = await topicWith(1, 3)
    const reader = consumer({ groupId: uniqueName('g'), topics: [topic] })
    const messages = reader.messages()
    await messages.next()
    await expect(reader.messages().next()).rejects.toMatchObject({ name: 'UsageError' })
    await expect(reader.poll()).rejects.toMatchObject({ name: 'UsageError' })
    expect((await messages.next()).value?.offset).toBe(1)
    await messages.return?.()
  })

  test.skipIf(!brokerIsAtLeast('3.0'))(
    'a topic that metadata refuses is an error, not one that is waited for',
    async () => {
      const error = { name: 'BrokerError', code: 'INVALID_TOPIC_EXCEPTION' }
      const subscribed = consumer({ groupId: uniqueName('g'), topics: ['not a topic!'] })
      await expect(subscribed.messages().next()).rejects.toMatchObject(error)
      for (const offset of [undefined, 0]) {
        const assigned = consumer({})
        assigned.assign([{ topic: 'not a topic!', partition: 0, offset }])
        await expect(assigned.messages().next()).rejects.toMatchObject(error)
      }
    },
  )

  test('a topic that this client has not heard of can be assigned and committed', async () => {
    const [read, committed] = [await topicWith(1, 1), await topicWith(1, 1)]
    const other = new Kafka({ bootstrapServers: bootstrapServers(), logger })
    open.add(other)
    await other.connect()
    const reader = other.consumer({ groupId: uniqueName('g'), autoOffsetReset: 'earliest' })
    reader.assign([{ topic: read, partition: 0 }])
    expect(await take(reader, 1)).toEqual(['0:0'])
    await reader.commit([{ topic: committed, partition: 0, offset: 1 }])
    expect(await reader.committed([{ topic: committed, partition: 0 }])).toMatchObject([{ offset: 1 }])
    await expect(reader.commit([{ topic: uniqueName('none'), partition: 0, offset: 1 }])).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  test('what is processed of assigned partitions is committed when others take their place', async () => {
    const topic = await topicWith(2, 3)
    const groupId = uniqueName('g')
    const partitions = [0, 1].map((partition) => ({ topic, partition }))
    const reader = consumer({ groupId })
    const committedOffset = async (): Promise<number> => (await reader.committed([partitions[0]]))[0].offset
    reader.assign([partitions[0]])
    await take(reader, 2)
    reader.assign([partitions[1]])
    await expect.poll(committedOffset).toBe(1)
    reader.assign([partitions[0]])
    await take(reader, 2)
    await reader.unsubscribe()
    expect(await committedOffset()).toBe(2)
  })

  test('a topic of the group that is deleted keeps no other from being read', async () => {
    const prefix = uniqueName('deleted')
    const topics = ['a', 'b'].map((name) => `${prefix}-${name}`)
    await kafka.admin().createTopics(topics.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })))
    for (const topic of topics) await fill(topic, 1, 0, 2)
    const impatient = new Kafka({ bootstrapServers: bootstrapServers(), metadataMaxAgeMs: 100, logger })
    open.add(impatient)
    const reader = impatient.consumer({
      groupId: uniqueName('g'),
      topics: new RegExp(`^${prefix}`),
      autoOffsetReset: 'earliest',
      autoCommitIntervalMs: 600_000,
      heartbeatIntervalMs: 200,
    })
    const seen: string[] = []
    const run = reader.run({ eachMessage: ({ topic, offset }) => void seen.push(`${topic}:${offset}`) })
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(4)
    await kafka.admin().deleteTopics([topics[1]])
    await expect.poll(() => reader.assignment(), { timeout: 10_000 }).toEqual([{ topic: topics[0], partition: 0 }])
    await fill(topics[0], 1, 2, 3)
    await expect.poll(() => seen, { timeout: 5000 }).toContain(`${topics[0]}:2`)
    expect(await reader.committed([{ topic: topics[0], partition: 0 }])).toMatchObject([{ offset: 2 }])
    await reader.close()
    await run
  })

  test('close() in a listener, or beside one that hangs, ends all the same', async () => {
    const topic = await topicWith(1, 1)
    const hasty = new Kafka({ bootstrapServers: bootstrapServers(), requestTimeoutMs: 1000, logger })
    open.add(hasty)
    const options = { topics: [topic], autoOffsetReset: 'earliest' as const }
    let revocations = 0
    const closing: Consumer = hasty.consumer({
      ...options,
      groupId: uniqueName('g'),
      onPartitionsRevoked: async () => {
        revocations++
        await closing.close()
      },
    })
    await closing.messages().next()
    await closing.close()
    expect(revocations).toBe(1)
    const hanging = hasty.consumer({
      ...options,
      groupId: uniqueName('g'),
      onPartitionsRevoked: () => new Promise(() => {}),
    })
    await hanging.messages().next()
    await hanging.close()
    expect(warnings.join()).toContain('onPartitionsRevoked failed')
  })

  test('close() beside a handler that hangs commits what was processed before, and leaves the group', async () => {
    const topic = await topicWith(1, 3)
    const groupId = uniqueName('g')
    const hasty = new Kafka({ bootstrapServers: bootstrapServers(), requestTimeoutMs: 1000, logger })
    open.add(hasty)
    const reader = hasty.consumer({ groupId, topics: [topic], autoOffsetReset: 'earliest' })
    const hung = Promise.withResolvers<void>()
    const eachMessage = ({ offset }: { offset: number }): Promise<void> | undefined => {
      if (offset < 2) return
      hung.resolve()
      return new Promise(() => {})
    }
    void reader.run({ eachMessage })
    await hung.promise
    await reader.close()
    const next = consumer({ groupId, topics: [topic] })
    expect(await next.committed([{ topic, partition: 0 }])).toMatchObject([{ offset: 2 }])
    // At once: a member that is still there would be waited for until its session times out.
    expect(await take(next, 1)).toEqual(['0:2'])
  }, 20_000)
})
