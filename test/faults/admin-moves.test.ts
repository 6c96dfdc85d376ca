import { channels, Kafka, PartialFailureError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uniqueName } from '../support/kafka.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import { eventually } from '../unit/eventually.ts'
import { canStart } from './can-start.ts'

describe.skipIf(!canStart)('partitions move, leaders are elected', () => {
  let cluster: KafkaCluster
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>

  beforeAll(async () => {
    cluster = await KafkaCluster.start({ nodes: 3 })
    kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, logger: silent })
    admin = kafka.admin()
  })
  afterAll(async () => {
    await kafka?.close()
    await cluster?.stopAll()
  })

  async function codes(call: Promise<unknown>): Promise<unknown[]> {
    const error = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    return (error as PartialFailureError<Array<{ code: string } | null>>).results.map((each) => each?.code)
  }

  async function partition(topic: string, index: number) {
    return (await admin.describeTopics([topic]))[topic].partitions[index]
  }

  test('while a node is away its leaderships move, moves to it wait, and it gets them back by an election', async () => {
    const topic = uniqueName('moves')
    const [first, second] = [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]
    await admin.createTopics([{ name: topic, assignments: { 0: [1, 2], 1: [2, 3] } }])
    await kafka.producer().send({ ...first, value: 'x' })
    const latest = [
      { ...first, spec: 'latest' as const },
      { ...second, spec: 'latest' as const },
    ]
    expect(await admin.listOffsets(latest)).toMatchObject([{ offset: 1 }, { offset: 0 }])

    await cluster.kill(1)
    // The metadata in hand names the dead leader: the new one is found and asked within the call.
    expect(await admin.listOffsets(latest)).toMatchObject([{ offset: 1 }, { offset: 0 }])
    expect(await admin.deleteRecords([{ ...second, offset: 0 }])).toEqual([{ ...second, lowWatermark: 0 }])
    expect((await partition(topic, 0)).leader).toBe(2)
    expect(await codes(admin.electLeaders('preferred', [first]))).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE'])

    await admin.alterPartitionReassignments([{ ...second, replicas: [3, 1] }])
    const [move, ...others] = await admin.listPartitionReassignments()
    expect(others).toEqual([])
    expect(move).toMatchObject({ ...second, addingReplicas: [1], removingReplicas: [2] })
    expect(move.replicas.toSorted()).toEqual([1, 2, 3])
    expect(await admin.listPartitionReassignments([first])).toEqual([])
    await admin.alterPartitionReassignments([{ ...second, replicas: null }])
    expect(await admin.listPartitionReassignments()).toEqual([])

    await cluster.start(1)
    await eventually(async () => expect((await partition(topic, 0)).isr).toContain(1))
    expect(await admin.electLeaders('preferred', null)).toContainEqual({ ...first, elected: true })
    await eventually(async () => expect((await partition(topic, 0)).leader).toBe(1))
  })

  test('a partition moves to other brokers, and its count of replicas is kept on demand', async () => {
    const topic = uniqueName('moves')
    const place = { topic, partition: 0 }
    await admin.createTopics([{ name: topic, assignments: { 0: [1, 2] } }])
    await kafka.producer().send({ ...place, value: 'x' })
    const wider = admin.alterPartitionReassignments([{ ...place, replicas: [1, 2, 3] }], {
      allowReplicationFactorChange: false,
    })
    expect(await codes(wider)).toEqual(['INVALID_REPLICATION_FACTOR'])
    await admin.alterPartitionReassignments([{ ...place, replicas: [3, 2] }], { allowReplicationFactorChange: false })
    await eventually(async () => expect(await partition(topic, 0)).toMatchObject({ replicas: [3, 2], leader: 3 }))
    expect(await admin.listPartitionReassignments()).toEqual([])
    expect(await admin.listOffsets([{ ...place, spec: 'latest' }])).toMatchObject([{ offset: 1 }])
    const has = await eventually(async () => {
      const dirs = await admin.describeLogDirs()
      const holders = dirs.filter(({ logDirs }) =>
        logDirs.some(({ replicas }) => replicas.some((r) => r.topic === topic)),
      )
      expect(holders).toHaveLength(2)
      return holders.map(({ broker }) => broker)
    })
    expect(has).toEqual([2, 3])
  })

  test('each broker tells of itself', async () => {
    const described = await admin.describeConfigs([1, 2, 3].map((id) => ({ type: 'broker', name: String(id) })))
    expect(described.map(({ configs }) => configs['node.id'].value)).toEqual(['1', '2', '3'])
    await admin.incrementalAlterConfigs(
      [1, 2, 3].map((id) => ({ type: 'broker', name: String(id), configs: { 'log.cleaner.backoff.ms': 16_000 + id } })),
    )
    await eventually(async () => {
      const changed = await admin.describeConfigs([1, 2, 3].map((id) => ({ type: 'broker', name: String(id) })))
      const values = changed.map(({ configs }) => configs['log.cleaner.backoff.ms'].value)
      expect(values).toEqual(['16001', '16002', '16003'])
    })
  })

  test('an unclean election gives a partition a leader that lacks records', async () => {
    const topic = uniqueName('unclean')
    const place = { topic, partition: 0 }
    await admin.createTopics([{ name: topic, assignments: { 0: [1, 2] } }])
    await cluster.kill(2)
    await eventually(async () => expect((await partition(topic, 0)).isr).toEqual([1]))
    await kafka.producer().send({ ...place, value: 'lost' })
    await cluster.kill(1)
    await cluster.start(2)
    await eventually(async () => expect((await partition(topic, 0)).leader).toBe(-1))
    expect(await codes(admin.electLeaders('preferred', [place]))).toEqual(['PREFERRED_LEADER_NOT_AVAILABLE'])
    expect(await codes(admin.listOffsets([{ ...place, spec: 'latest' }], { timeoutMs: 500 }))).toEqual([
      'LEADER_NOT_AVAILABLE',
    ])
    expect(await admin.electLeaders('unclean', [place])).toEqual([{ ...place, elected: true }])
    expect(await admin.listOffsets([{ ...place, spec: 'latest' }])).toMatchObject([{ offset: 0 }])
  })

  test('a change of configurations is told to one broker, however long that keeps silent', async () => {
    await Promise.all(cluster.nodeIds.map((id) => cluster.start(id)))
    const topic = uniqueName('config')
    await admin.createTopics([{ name: topic, replicationFactor: 3 }])
    const retain = (ms: number, timeoutMs?: number) =>
      admin.incrementalAlterConfigs([{ type: 'topic', name: topic, configs: { 'retention.ms': ms } }], { timeoutMs })
    const asked: number[] = []
    const note = (message: unknown): void => {
      const { api, broker } = message as { api: string; broker: string }
      if (api === 'IncrementalAlterConfigs') asked.push(Number(/id (\d+)/.exec(broker)?.[1]))
    }
    channels.request.subscribe(note)
    try {
      await retain(1_000_000)
      const [controller] = asked
      cluster.pause(controller)
      // Were another to make this change, the first copy would be applied after later changes.
      const error = await retain(2_000_000, 5000).catch((reason: unknown) => reason)
      cluster.resume(controller)
      expect(error).toMatchObject({ code: 'TIMED_OUT' })
      await retain(3_000_000)
      expect(new Set(asked)).toEqual(new Set([controller]))
      await eventually(async () => {
        const [{ configs }] = await admin.describeConfigs([{ type: 'topic', name: topic }])
        expect(configs['retention.ms'].value).toBe('3000000')
      })
    } finally {
      channels.request.unsubscribe(note)
    }
  })

  test('a dead broker is given up when the cluster gives it up, and an outage of all is got over', async () => {
    await Promise.all(cluster.nodeIds.map((id) => cluster.start(id)))
    const topic = uniqueName('outage')
    await admin.createTopics([{ name: topic, replicationFactor: 3 }])
    const beyond = { topic, partition: 9, spec: 'latest' as const }
    const brokers = async () => (await admin.describeLogDirs()).map(({ broker }) => broker)
    expect(await brokers()).toEqual([1, 2, 3])

    await cluster.kill(2)
    const alive = await Promise.all([
      brokers(),
      codes(admin.describeLogDirs([1, 2])),
      codes(admin.describeConfigs([1, 2].map((id) => ({ type: 'broker', name: String(id) })))),
    ])
    expect(alive).toEqual([
      [1, 3],
      [undefined, 'BROKER_NOT_AVAILABLE'],
      [undefined, 'BROKER_NOT_AVAILABLE'],
    ])

    await Promise.all([1, 3].map((id) => cluster.kill(id)))
    const calls = Promise.all([
      admin.listGroups(),
      admin.describeLogDirs(),
      admin.describeLogDirs([9]).catch(({ code }) => code),
      admin.listOffsets([beyond]).catch(({ code }) => code),
    ])
    await Promise.all(cluster.nodeIds.map((id) => cluster.start(id)))
    const [, dirs, ...refusals] = await calls
    expect(dirs.length).toBeGreaterThan(0)
    expect(refusals).toEqual(['BROKER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'])
  })
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }
