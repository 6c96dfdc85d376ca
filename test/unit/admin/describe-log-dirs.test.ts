import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { PartialFailureError, TimeoutError, UsageError } from '../../../src/errors.ts'
import { FakeCluster } from './fake-cluster.ts'

const dir = (logDir: string, code = 0) => ({
  errorCode: code,
  logDir,
  topics: [
    {
      name: 'a',
      partitions: [{ partitionIndex: 3, partitionSize: 2 ** 40, offsetLag: 5, isFutureKey: true }],
    },
  ],
  totalBytes: -1,
  usableBytes: -1,
  isCordoned: false,
})

function withBrokers(ids: readonly number[], answer: (broker: number) => unknown, version?: number): FakeCluster {
  const fake = new FakeCluster(
    { DescribeLogDirs: ({ route }) => answer((route as { broker: number }).broker) },
    version,
  )
  fake.metadata.brokers = new Map(ids.map((id) => [id, { id, host: 'h', port: id, rack: null }]))
  return fake
}

describe('describeLogDirs', () => {
  test('asks all brokers, or those named, and tells them in order', async () => {
    const fake = withBrokers([3, 1, 2], (id) => ({ errorCode: 0, results: [dir(`/data/${id}`)] }))
    const admin = new Admin(fake.cluster)
    expect((await admin.describeLogDirs()).map(({ broker }) => broker)).toEqual([1, 2, 3])
    expect(fake.sent.map(({ body }) => body)).toEqual([{ topics: null }, { topics: null }, { topics: null }])
    const described = await admin.describeLogDirs([3, 1])
    expect(described.map(({ broker, logDirs }) => [broker, logDirs[0].path])).toEqual([
      [3, '/data/3'],
      [1, '/data/1'],
    ])
    expect(described[0].logDirs).toEqual([
      {
        path: '/data/3',
        error: null,
        replicas: [{ topic: 'a', partition: 3, size: 2 ** 40, offsetLag: 5, isFuture: true }],
        totalBytes: null,
        usableBytes: null,
        isCordoned: false,
      },
    ])
  })

  test('a directory whose disk has failed is a part of the answer', async () => {
    const failed = { ...dir('/bad', errorCode('KAFKA_STORAGE_ERROR')), topics: [], totalBytes: 0, usableBytes: 7 }
    const fake = withBrokers([1], () => ({ errorCode: 0, results: [failed] }))
    const [{ logDirs }] = await new Admin(fake.cluster).describeLogDirs()
    expect(logDirs).toMatchObject([
      { path: '/bad', error: { code: 'KAFKA_STORAGE_ERROR' }, replicas: [], totalBytes: 0, usableBytes: 7 },
    ])
  })

  test.each([
    ['a code', 100, { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), results: [] }],
    ['silence, from brokers that have no other way', 2, { errorCode: 0, results: [] }],
  ])('a refusal shows by %s', async (_, version, answer) => {
    const fake = withBrokers([1], () => answer, version)
    await expect(new Admin(fake.cluster).describeLogDirs()).rejects.toMatchObject({
      code: 'CLUSTER_AUTHORIZATION_FAILED',
      results: [{ resourceType: 'cluster', message: expect.stringContaining('Log directories of broker 1') }],
    })
  })

  test('a broker that does not answer, or does not exist, hides no other', async () => {
    const fake = withBrokers([1, 2], (id) => {
      if (id === 1) throw new TimeoutError('late')
      return { errorCode: 0, results: [dir('/data')] }
    })
    const error = await new Admin(fake.cluster).describeLogDirs([9, 2, 1]).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    expect((error as PartialFailureError<unknown>).results).toMatchObject([
      { code: 'BROKER_NOT_AVAILABLE', message: 'Broker 9 is not in the cluster; its brokers are 1, 2' },
      { broker: 2 },
      { code: 'TIMED_OUT' },
    ])
    await expect(new Admin(fake.cluster).describeLogDirs([1])).rejects.toBeInstanceOf(TimeoutError)
  })

  test.each<[string, (admin: Admin) => Promise<unknown>]>([
    ['describeLogDirs', (admin) => admin.describeLogDirs([9])],
    ['describeConfigs', (admin) => admin.describeConfigs([{ type: 'broker', name: '9' }])],
  ])('a broker that does not exist is the outcome of that one to %s, be it the only one', async (method, call) => {
    const error = await call(new Admin(withBrokers([1, 2], () => null).cluster)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PartialFailureError)
    expect(error).toMatchObject({
      code: 'BROKER_NOT_AVAILABLE',
      message: `admin.${method}(): Broker 9 is not in the cluster; its brokers are 1, 2`,
      results: [{ code: 'BROKER_NOT_AVAILABLE' }],
    })
  })

  test.each<[unknown, RegExp]>([
    [1, /brokerIds must be an array of broker ids, got 1/],
    [['1'], /brokerIds\[0\] must be an integer, got '1'/],
    [[-1], /brokerIds\[0\] must be from 0/],
    [[1, 1], /brokerIds names 1 twice/],
    [{ timeoutMs: 5 }, /brokerIds must be an array of broker ids, got an Object/],
  ])('refuses %j', async (brokerIds, message) => {
    const call = new Admin(new FakeCluster({}).cluster).describeLogDirs(brokerIds as never)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(message)
  })
})
