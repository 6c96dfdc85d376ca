import { Kafka, KafkaError, PartialFailureError, UsageError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, hasBroker, uniqueName } from '../support/kafka.ts'

describe.skipIf(!hasBroker)('admin', () => {
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
    admin = kafka.admin()
  })
  afterAll(() => kafka.close())

  async function failure(call: Promise<unknown>): Promise<PartialFailureError<Record<string, unknown>>> {
    const error = await call.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(PartialFailureError)
    return error as PartialFailureError<Record<string, unknown>>
  }

  test('a topic is created, described, listed, grown and deleted, each visible as soon as the call is done', async () => {
    const name = uniqueName('admin-life')
    const created = await admin.createTopics([{ name, numPartitions: 3, replicationFactor: 1 }])
    expect(Object.getPrototypeOf(created)).toBeNull()
    expect(await admin.listTopics()).toContain(name)

    const { [name]: topic } = await admin.describeTopics([name])
    const { brokers } = await admin.describeCluster()
    const ids = brokers.map(({ id }) => id)
    expect(topic).toMatchObject({ name, topicId: created[name].topicId, isInternal: false })
    expect(topic.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2])
    for (const { leader, replicas, isr, offlineReplicas } of topic.partitions) {
      expect(ids).toContain(leader)
      expect(replicas).toEqual([leader])
      expect(isr).toEqual([leader])
      expect(offlineReplicas).toEqual([])
    }

    await admin.createPartitions({ [name]: { totalCount: 6 } })
    expect((await admin.describeTopics([name]))[name].partitions).toHaveLength(6)

    await admin.deleteTopics([name])
    expect(await admin.listTopics()).not.toContain(name)
  })

  test('__proto__ is a topic like any other', async () => {
    const name = '__proto__'
    if ((await admin.listTopics()).includes(name)) await admin.deleteTopics([name])
    const created = await admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }])
    expect(Object.keys(created)).toEqual([name])
    await admin.createPartitions(new Map([[name, { totalCount: 2 }]]))
    const described = await admin.describeTopics([name])
    expect(Object.keys(described)).toEqual([name])
    expect(described[name].partitions).toHaveLength(2)
    await admin.deleteTopics([name])
  })

  test('configurations given as object or Map arrive', async () => {
    const [a, b] = [uniqueName('admin-configs'), uniqueName('admin-configs')]
    await admin.createTopics([
      { name: a, numPartitions: 1, replicationFactor: 1, configs: { 'retention.ms': 3_600_000 } },
      { name: b, numPartitions: 1, replicationFactor: 1, configs: new Map([['cleanup.policy', 'compact']]) },
    ])
    const [first, second, broker] = await admin.describeConfigs([
      { type: 'topic', name: a, configNames: ['retention.ms'] },
      { type: 'topic', name: b },
      { type: 'broker', name: String((await admin.describeCluster()).brokers[0].id) },
    ])
    expect(Object.keys(first.configs)).toEqual(['retention.ms'])
    expect(first.configs['retention.ms']).toMatchObject({
      value: '3600000',
      source: 'DYNAMIC_TOPIC_CONFIG',
      isSensitive: false,
    })
    expect(second.configs['cleanup.policy'].value).toBe('compact')
    expect(second.configs['retention.ms'].source).toBe('DEFAULT_CONFIG')
    expect(broker.configs['log.dirs'].isReadOnly).toBe(true)
    await admin.deleteTopics([a, b])
  })

  test('replicas are put where the assignments say', async () => {
    const name = uniqueName('admin-assigned')
    const { brokers } = await admin.describeCluster()
    const id = brokers[0].id
    await admin.createTopics([{ name, assignments: { 0: [id], 1: [id] } }])
    await admin.createPartitions({ [name]: { totalCount: 3, assignments: [[id]] } })
    const { [name]: topic } = await admin.describeTopics([name])
    expect(topic.partitions.map(({ replicas }) => replicas)).toEqual([[id], [id], [id]])
    await admin.deleteTopics([name])
  })

  test('validateOnly changes nothing', async () => {
    const name = uniqueName('admin-validated')
    await admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }], { validateOnly: true })
    expect(await admin.listTopics()).not.toContain(name)
  })

  test('describeCluster names the brokers', async () => {
    const { clusterId, controllerId, brokers } = await admin.describeCluster()
    expect(clusterId).toMatch(/^[\w-]{22}$/)
    expect(brokers.map(({ id }) => id)).toContain(controllerId)
    for (const { host, port } of brokers) expect(bootstrapServers()).toContain(`${host}:${port}`)
  })

  test('of several topics those that can be created are, and the error tells each', async () => {
    const [existing, fresh] = [uniqueName('admin-existing'), uniqueName('admin-fresh')]
    const topic = { numPartitions: 1, replicationFactor: 1 }
    await admin.createTopics([{ ...topic, name: existing }])
    const error = await failure(
      admin.createTopics([
        { ...topic, name: fresh },
        { ...topic, name: existing },
        { ...topic, name: 'no spaces' },
      ]),
    )
    expect(error.code).toBe('PARTIAL_FAILURE')
    expect(error.message).toContain(`Topic '${existing}': TOPIC_ALREADY_EXISTS`)
    expect(Object.getPrototypeOf(error.results)).toBeNull()
    expect(Object.keys(error.results)).toEqual([fresh, existing, 'no spaces'])
    expect(error.results[fresh]).toMatchObject({ topicId: expect.stringMatching(/^[\w-]{22}$/) })
    expect(error.results[existing]).toMatchObject({ code: 'TOPIC_ALREADY_EXISTS', topic: existing })
    expect(error.results['no spaces']).toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' })
    await admin.deleteTopics([existing, fresh])
  })

  test('failures of one kind give the error their code', async () => {
    const unknown = uniqueName('admin-unknown')
    const calls = [
      () => admin.describeTopics([unknown]),
      () => admin.deleteTopics([unknown]),
      () => admin.createPartitions({ [unknown]: { totalCount: 2 } }),
    ]
    for (const call of calls) {
      const error = await failure(call())
      expect(error.code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(error.topic).toBe(unknown)
      expect(error.results[unknown]).toBeInstanceOf(KafkaError)
    }
  })

  test('fewer partitions, and more replicas than brokers, are refused', async () => {
    const name = uniqueName('admin-refused')
    await admin.createTopics([{ name, numPartitions: 3, replicationFactor: 1 }])
    expect((await failure(admin.createPartitions({ [name]: { totalCount: 2 } }))).code).toBe('INVALID_PARTITIONS')
    await admin.deleteTopics([name])
    const wide = admin.createTopics([{ name, numPartitions: 1, replicationFactor: 100 }])
    expect((await failure(wide)).code).toBe('INVALID_REPLICATION_FACTOR')
  })

  test('describeConfigs answers in the order asked, whatever failed', async () => {
    const name = uniqueName('admin-order')
    await admin.createTopics([{ name, numPartitions: 1, replicationFactor: 1 }])
    const error = await failure(
      admin.describeConfigs([
        { type: 'topic', name: uniqueName('admin-unknown') },
        { type: 'topic', name },
        { type: 'broker', name: '987' },
      ]),
    )
    expect(error.results).toMatchObject([
      { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
      { type: 'topic', name },
      { code: 'BROKER_NOT_AVAILABLE', message: expect.stringContaining('987') },
    ])
    await admin.deleteTopics([name])
  })

  test('a call about nothing does nothing', async () => {
    expect(await admin.createTopics([])).toEqual({})
    expect(await admin.describeTopics([])).toEqual({})
    expect(await admin.describeConfigs([])).toEqual([])
    await admin.deleteTopics([])
    await admin.createPartitions({})
  })

  test('a mistake in an argument is a UsageError before anything is sent', async () => {
    const name = uniqueName('admin-mistake')
    await expect(admin.createTopics([{ name }, { name: 'x', numPartitions: 0 }])).rejects.toThrow(UsageError)
    expect(await admin.listTopics()).not.toContain(name)
  })
})
