import { type ConfigAlteration, Kafka, type KafkaError, PartialFailureError, UnsupportedVersionError } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bootstrapServers, brokerIsAtLeast, hasBroker, uniqueName } from '../support/kafka.ts'
import { eventually } from '../unit/eventually.ts'

describe.skipIf(!hasBroker)(
  'admin: configurations, offsets, records, elections, reassignments, log directories',
  () => {
    let kafka: Kafka
    let admin: ReturnType<Kafka['admin']>
    let broker: number

    beforeAll(async () => {
      kafka = new Kafka({ bootstrapServers: bootstrapServers() })
      admin = kafka.admin()
      broker = (await admin.describeCluster()).brokers[0].id
    })
    afterAll(() => kafka.close())

    async function topicWith(numPartitions: number, configs: Record<string, string> = {}): Promise<string> {
      const name = uniqueName('admin-cluster')
      await admin.createTopics([{ name, numPartitions, replicationFactor: 1, configs }])
      return name
    }

    async function failure(call: Promise<unknown>): Promise<PartialFailureError<unknown[]>> {
      const error = await call.catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(PartialFailureError)
      return error as PartialFailureError<unknown[]>
    }

    describe.runIf(brokerIsAtLeast('2.3'))('incrementalAlterConfigs', () => {
      async function value(type: 'topic' | 'broker' | 'broker-logger', name: string, config: string) {
        const [{ configs }] = await admin.describeConfigs([{ type, name, configNames: [config] }])
        return configs[config]
      }

      test('sets, takes away, appends and subtracts, and leaves the rest as it is', async () => {
        const name = await topicWith(1, { 'segment.ms': '1000000' })
        await admin.incrementalAlterConfigs([
          { type: 'topic', name, configs: { 'retention.ms': 3_600_000, 'cleanup.policy': { append: 'compact' } } },
        ])
        await eventually(async () => expect((await value('topic', name, 'retention.ms')).value).toBe('3600000'))
        expect((await value('topic', name, 'cleanup.policy')).value?.split(',').sort()).toEqual(['compact', 'delete'])
        expect((await value('topic', name, 'segment.ms')).value).toBe('1000000')

        const changes = new Map([
          ['retention.ms', null],
          ['cleanup.policy', { subtract: ['delete'] }],
        ])
        await admin.incrementalAlterConfigs([{ type: 'topic', name, configs: changes }])
        await eventually(async () => expect((await value('topic', name, 'retention.ms')).source).toBe('DEFAULT_CONFIG'))
        expect((await value('topic', name, 'cleanup.policy')).value).toBe('compact')
        await admin.deleteTopics([name])
      })

      test('validateOnly changes nothing, and finds what is wrong', async () => {
        const name = await topicWith(1)
        const alter = (configs: ConfigAlteration['configs']) =>
          admin.incrementalAlterConfigs([{ type: 'topic', name, configs }], { validateOnly: true })
        await alter({ 'retention.ms': 5 })
        expect((await value('topic', name, 'retention.ms')).value).not.toBe('5')
        expect((await failure(alter({ 'retention.ms': 'long' }))).code).toMatch(/^INVALID_(CONFIG|REQUEST)$/)
        await admin.deleteTopics([name])
      })

      test('goes to the broker that it is about, and to any for what all brokers share', async () => {
        await admin.incrementalAlterConfigs([
          { type: 'broker', name: String(broker), configs: { 'log.cleaner.backoff.ms': 16_000 } },
          { type: 'broker', name: '', configs: { 'log.cleaner.min.compaction.lag.ms': 5 } },
        ])
        await eventually(async () => {
          expect(await value('broker', String(broker), 'log.cleaner.backoff.ms')).toMatchObject({
            value: '16000',
            source: 'DYNAMIC_BROKER_CONFIG',
          })
          expect(await value('broker', '', 'log.cleaner.min.compaction.lag.ms')).toMatchObject({
            value: '5',
            source: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
          })
        })
        await admin.incrementalAlterConfigs([
          { type: 'broker', name: String(broker), configs: { 'log.cleaner.backoff.ms': null } },
          { type: 'broker', name: '', configs: { 'log.cleaner.min.compaction.lag.ms': null } },
        ])
      })

      test('changes how much a broker logs', async () => {
        const [type, name, logger] = ['broker-logger' as const, String(broker), 'kafka.server.KafkaApis']
        const level = { [logger]: 'ERROR' }
        await admin.incrementalAlterConfigs([{ type, name, configs: level }])
        expect((await value(type, name, logger)).value).toBe('ERROR')
        await admin.incrementalAlterConfigs([{ type, name, configs: { [logger]: null } }])
      })

      test.runIf(brokerIsAtLeast('4.0'))(
        'knows the configurations of groups and of metrics subscriptions',
        async () => {
          const [group, subscription] = [uniqueName('g'), uniqueName('s')]
          const resources = [
            { type: 'group', name: group, configs: { 'consumer.session.timeout.ms': 50_000 } },
            { type: 'client-metrics', name: subscription, configs: { 'interval.ms': 60_000 } },
          ] as const
          await admin.incrementalAlterConfigs(resources)
          await eventually(async () => {
            const described = await admin.describeConfigs(resources.map(({ type, name }) => ({ type, name })))
            expect(described[0].configs['consumer.session.timeout.ms']).toMatchObject({
              value: '50000',
              source: 'DYNAMIC_GROUP_CONFIG',
            })
            expect(described[1].configs['interval.ms']).toMatchObject({
              value: '60000',
              source: 'DYNAMIC_CLIENT_METRICS_CONFIG',
            })
          })
          await admin.incrementalAlterConfigs([
            { type: 'group', name: group, configs: { 'consumer.session.timeout.ms': null } },
            { type: 'client-metrics', name: subscription, configs: { 'interval.ms': null } },
          ])
        },
      )

      test('tells the outcome of each resource, in the order asked', async () => {
        const name = await topicWith(1)
        const error = await failure(
          admin.incrementalAlterConfigs([
            { type: 'topic', name: uniqueName('unknown'), configs: { 'retention.ms': 5 } },
            { type: 'topic', name, configs: { 'retention.ms': 3_600_000 } },
            { type: 'broker', name: '987', configs: { 'log.cleaner.backoff.ms': 16_000 } },
          ]),
        )
        expect(error.results).toMatchObject([
          { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
          null,
          { code: 'BROKER_NOT_AVAILABLE', message: expect.stringContaining('987') },
        ])
        await admin.deleteTopics([name])
      })
    })

    test.runIf(!brokerIsAtLeast('2.3'))('a broker without an API is told from one that refuses', async () => {
      const name = await topicWith(1)
      const calls = [
        admin.incrementalAlterConfigs([{ type: 'topic', name, configs: { 'retention.ms': 5 } }]),
        admin.electLeaders('preferred', null),
        admin.alterPartitionReassignments([{ topic: name, partition: 0, replicas: [broker] }]),
        admin.listPartitionReassignments(),
      ]
      for (const call of calls) await expect(call).rejects.toBeInstanceOf(UnsupportedVersionError)
      await admin.deleteTopics([name])
    })

    describe('listOffsets', () => {
      test('finds offsets by place and by time', async () => {
        const topic = await topicWith(2)
        // The last record of three is not the youngest.
        for (const timestamp of [1000, 3000, 2000]) {
          await kafka.producer().send({ topic, partition: 0, value: 'x', timestamp })
        }
        const offsets = async (spec: Parameters<typeof admin.listOffsets>[0][number]['spec']) => {
          const [of0, of1] = await admin.listOffsets([
            { topic, partition: 0, spec },
            { topic, partition: 1, spec },
          ])
          expect([of0, of1]).toMatchObject([
            { topic, partition: 0 },
            { topic, partition: 1 },
          ])
          return [of0.offset, of0.timestamp, of1.offset, of1.timestamp]
        }
        expect(await offsets('earliest')).toEqual([0, -1, 0, -1])
        expect(await offsets('latest')).toEqual([3, -1, 0, -1])
        expect(await offsets({ timestamp: 1500 })).toEqual([1, 3000, -1, -1])
        expect(await offsets({ timestamp: 5000 })).toEqual([-1, -1, -1, -1])
        if (brokerIsAtLeast('3.0')) expect(await offsets('max-timestamp')).toEqual([1, 3000, -1, -1])
        if (brokerIsAtLeast('3.5')) expect(await offsets('earliest-local')).toEqual([0, -1, 0, -1])
        if (brokerIsAtLeast('3.9')) expect(await offsets('latest-tiered')).toEqual([-1, -1, -1, -1])
        if (brokerIsAtLeast('4.2')) expect(await offsets('earliest-pending-upload')).toEqual([-1, -1, -1, -1])
        await admin.deleteTopics([topic])
      })

      test('what the broker is too old for fails alone', async () => {
        const topic = await topicWith(2)
        const call = admin.listOffsets([
          { topic, partition: 0, spec: 'earliest-pending-upload' },
          { topic, partition: 1, spec: 'latest' },
        ])
        if (brokerIsAtLeast('4.2')) expect(await call).toMatchObject([{ offset: -1 }, { offset: 0 }])
        else {
          const { results, code } = await failure(call)
          expect(code).toBe('UNSUPPORTED_VERSION')
          expect(results[0]).toBeInstanceOf(UnsupportedVersionError)
          expect((results[0] as KafkaError).message).toContain("'earliest-pending-upload', which needs Kafka 4.2")
          expect(results[1]).toMatchObject({ topic, partition: 1, offset: 0 })
        }
        await admin.deleteTopics([topic])
      })

      test('unknown topics and partitions are told beside what is known', async () => {
        const topic = await topicWith(1)
        const unknown = uniqueName('unknown')
        const error = await failure(
          admin.listOffsets([
            { topic: unknown, partition: 0, spec: 'latest' },
            { topic, partition: 0, spec: 'latest' },
            { topic, partition: 5, spec: 'latest' },
          ]),
        )
        expect(error.code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
        expect(error.results).toMatchObject([
          { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: unknown },
          { topic, partition: 0, offset: 0 },
          { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic, partition: 5, message: expect.stringContaining('which has 1') },
        ])
        await admin.deleteTopics([topic])
      })

      test('finds the partitions of a topic that was made anew', async () => {
        const topic = await topicWith(1)
        const latest = { topic, partition: 0, spec: 'latest' } as const
        await kafka.producer().send({ topic, partition: 0, value: 'x' })
        expect(await admin.listOffsets([latest])).toMatchObject([{ offset: 1 }])
        await admin.deleteTopics([topic])
        // With ZooKeeper the name is free only when the deletion is done with.
        await eventually(() => admin.createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1 }]))
        expect(await admin.listOffsets([latest])).toMatchObject([{ offset: 0 }])
        await admin.deleteTopics([topic])
      })
    })

    describe('deleteRecords', () => {
      test('deletes up to an offset, or all that there is', async () => {
        const topic = await topicWith(2)
        for (const partition of [0, 0, 0, 1]) await kafka.producer().send({ topic, partition, value: 'x' })
        const deleted = await admin.deleteRecords([
          { topic, partition: 1, offset: 'high-watermark' },
          { topic, partition: 0, offset: 2 },
        ])
        expect(deleted).toEqual([
          { topic, partition: 1, lowWatermark: 1 },
          { topic, partition: 0, lowWatermark: 2 },
        ])
        expect(await admin.listOffsets([{ topic, partition: 0, spec: 'earliest' }])).toMatchObject([{ offset: 2 }])
        // What a call returned can be given to the next.
        const latest = await admin.listOffsets([{ topic, partition: 0, spec: 'latest' }])
        expect(await admin.deleteRecords(latest)).toMatchObject([{ lowWatermark: 3 }])
        await admin.deleteTopics([topic])
      })

      test('an offset beyond the end, and a topic that is only compacted, are refused in words', async () => {
        const [topic, compacted] = [await topicWith(1), await topicWith(1, { 'cleanup.policy': 'compact' })]
        const error = await failure(
          admin.deleteRecords([
            { topic, partition: 0, offset: 99 },
            { topic: compacted, partition: 0, offset: 0 },
          ]),
        )
        expect(error.results).toMatchObject([
          { code: 'OFFSET_OUT_OF_RANGE', message: expect.stringContaining('before offset 99') },
          { code: 'POLICY_VIOLATION', message: expect.stringContaining('cleanup.policy') },
        ])
        await admin.deleteTopics([topic, compacted])
      })
    })

    describe.runIf(brokerIsAtLeast('2.4'))('elections and reassignments on one node', () => {
      test('an election that is not needed is no failure; unknown partitions are', async () => {
        const topic = await topicWith(1)
        expect(await admin.electLeaders('preferred', [{ topic, partition: 0 }])).toEqual([
          { topic, partition: 0, elected: false },
        ])
        expect(await admin.electLeaders('preferred', null)).toEqual([])
        const error = await failure(
          admin.electLeaders('unclean', [
            { topic, partition: 5 },
            { topic, partition: 0 },
          ]),
        )
        expect(error.results).toMatchObject([
          { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic, partition: 5 },
          { topic, partition: 0, elected: false },
        ])
        await admin.deleteTopics([topic])
      })

      test('a reassignment to where the partition is ends at once; wrong ones are told one by one', async () => {
        const topic = await topicWith(2)
        await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [broker] }])
        expect(await admin.listPartitionReassignments([{ topic, partition: 0 }])).toEqual([])
        const error = await failure(
          admin.alterPartitionReassignments([
            { topic, partition: 1, replicas: [987] },
            { topic, partition: 0, replicas: null },
            { topic: uniqueName('unknown'), partition: 0, replicas: [broker] },
          ]),
        )
        expect(error.results).toMatchObject([
          { code: 'INVALID_REPLICA_ASSIGNMENT' },
          { code: 'NO_REASSIGNMENT_IN_PROGRESS' },
          { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
        ])
        await admin.deleteTopics([topic])
      })

      test.runIf(!brokerIsAtLeast('4.1'))('an old broker cannot hold on to the count of replicas', async () => {
        const call = admin.alterPartitionReassignments([{ topic: 't', partition: 0, replicas: [broker] }], {
          allowReplicationFactorChange: false,
        })
        await expect(call).rejects.toThrow(/allowReplicationFactorChange/)
      })
    })

    test('describeLogDirs tells how large replicas are', async () => {
      const topic = await topicWith(2)
      await kafka.producer().send({ topic, partition: 1, value: 'x'.repeat(5000) })
      const { described, dirs, replicas } = await vi.waitFor(async () => {
        const described = await admin.describeLogDirs()
        const dirs = described.flatMap(({ logDirs }) => logDirs)
        const replicas = dirs.flatMap(({ replicas }) => replicas).filter((replica) => replica.topic === topic)
        // A broker can know of a partition a moment before it has made a log for it.
        expect(replicas).toHaveLength(2)
        return { described, dirs, replicas }
      }, 20_000)
      expect(described.map(({ broker }) => broker)).toEqual((await admin.describeCluster()).brokers.map(({ id }) => id))
      expect(replicas.sort((a, b) => a.partition - b.partition)).toEqual([
        { topic, partition: 0, size: 0, offsetLag: 0, isFuture: false },
        { topic, partition: 1, size: expect.any(Number), offsetLag: 0, isFuture: false },
      ])
      expect(replicas[1].size).toBeGreaterThan(5000)
      for (const { error, path, totalBytes, usableBytes, isCordoned } of dirs) {
        expect({ error, isCordoned }).toEqual({ error: null, isCordoned: false })
        expect(path).toMatch(/^\//)
        if (brokerIsAtLeast('3.3')) expect(totalBytes).toBeGreaterThanOrEqual(usableBytes as number)
        else expect({ totalBytes, usableBytes }).toEqual({ totalBytes: null, usableBytes: null })
      }
      const error = await failure(admin.describeLogDirs([987, broker]))
      expect(error.results).toMatchObject([{ code: 'BROKER_NOT_AVAILABLE' }, { broker }])
      await admin.deleteTopics([topic])
    })

    test('a call about nothing does nothing', async () => {
      expect(await admin.listOffsets([])).toEqual([])
      expect(await admin.deleteRecords([])).toEqual([])
      expect(await admin.electLeaders('preferred', [])).toEqual([])
      expect(await admin.listPartitionReassignments([])).toEqual([])
      expect(await admin.describeLogDirs([])).toEqual([])
      await admin.alterPartitionReassignments([])
      await admin.incrementalAlterConfigs([])
    })
  },
)
