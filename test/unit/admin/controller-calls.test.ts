import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { BrokerError, PartialFailureError, UnsupportedVersionError, UsageError } from '../../../src/errors.ts'
import { FakeCluster } from './fake-cluster.ts'

const place = (topic: string, partition: number) => ({ topic, partition })
const judgeOf = (fake: FakeCluster) => fake.sent[0].errorCode as (answer: unknown) => number
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')

async function results(call: Promise<unknown>): Promise<unknown[]> {
  const error = await call.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PartialFailureError)
  return (error as PartialFailureError<unknown[]>).results
}

describe('electLeaders', () => {
  const elected = (codes: Record<string, Record<number, number>>, code = 0) => ({
    errorCode: code,
    replicaElectionResults: Object.entries(codes).map(([topic, partitions]) => ({
      topic,
      partitionResult: Object.entries(partitions).map(([partitionId, code]) => {
        return { partitionId: Number(partitionId), errorCode: code, errorMessage: null }
      }),
    })),
  })
  const NOT_NEEDED = errorCode('ELECTION_NOT_NEEDED')

  test('asks the controller; that none was needed is no failure', async () => {
    const fake = new FakeCluster({ ElectLeaders: () => elected({ b: { 0: 0 }, a: { 0: NOT_NEEDED, 1: 0 } }) })
    const admin = new Admin(fake.cluster)
    expect(await admin.electLeaders('preferred', [place('a', 1), place('b', 0), place('a', 0)])).toEqual([
      { topic: 'a', partition: 1, elected: true },
      { topic: 'b', partition: 0, elected: true },
      { topic: 'a', partition: 0, elected: false },
    ])
    expect(fake.sent[0]).toMatchObject({ route: 'controller', body: { electionType: 0 } })
    expect(fake.sent[0].body.topicPartitions).toEqual([
      { topic: 'a', partitions: [1, 0] },
      { topic: 'b', partitions: [0] },
    ])
  })

  test('null means all, and the result is what the controller names', async () => {
    const fake = new FakeCluster({ ElectLeaders: () => elected({ a: { 2: 0 } }) })
    expect(await new Admin(fake.cluster).electLeaders('unclean', null)).toEqual([
      { topic: 'a', partition: 2, elected: true },
    ])
    expect(fake.sent[0].body).toMatchObject({ electionType: 1, topicPartitions: null })
  })

  test('refusals and what the answer leaves out are told one by one', async () => {
    const code = errorCode('PREFERRED_LEADER_NOT_AVAILABLE')
    const fake = new FakeCluster({ ElectLeaders: () => elected({ a: { 0: code, 1: 0 } }) })
    const call = new Admin(fake.cluster).electLeaders('preferred', [place('a', 0), place('a', 1), place('a', 2)])
    expect(await results(call)).toMatchObject([
      { code: 'PREFERRED_LEADER_NOT_AVAILABLE', topic: 'a', partition: 0, retriable: true },
      { elected: true },
      { code: 'UNKNOWN_SERVER_ERROR', message: expect.stringContaining('Election of a-2') },
    ])
  })

  test('a refusal of the whole is an error of the whole', async () => {
    const code = errorCode('CLUSTER_AUTHORIZATION_FAILED')
    const admin = new Admin(new FakeCluster({ ElectLeaders: () => elected({}, code) }).cluster)
    await expect(admin.electLeaders('preferred', [place('a', 0)])).rejects.toMatchObject({
      code: 'CLUSTER_AUTHORIZATION_FAILED',
      resourceType: 'cluster',
    })
  })

  test('asks again where the controller has moved, whichever way it is said', async () => {
    const fake = new FakeCluster({ ElectLeaders: () => elected({}) })
    await new Admin(fake.cluster).electLeaders('preferred', null)
    expect(judgeOf(fake)(elected({}, NOT_CONTROLLER))).toBe(NOT_CONTROLLER)
    expect(judgeOf(fake)(elected({ a: { 0: NOT_CONTROLLER } }))).toBe(NOT_CONTROLLER)
    expect(judgeOf(fake)(elected({ a: { 0: NOT_NEEDED } }))).toBe(0)
  })

  test('brokers that only know preferred elections get no other', async () => {
    const fake = new FakeCluster({ ElectLeaders: () => elected({}) }, 0)
    await expect(new Admin(fake.cluster).electLeaders('unclean', null)).rejects.toBeInstanceOf(UnsupportedVersionError)
    await expect(new Admin(fake.cluster).electLeaders('preferred', null)).resolves.toEqual([])
  })

  test.each<[unknown, unknown, RegExp]>([
    ['clean', null, /electionType must be one of 'preferred', 'unclean', got 'clean'/],
    [undefined, null, /electionType must be one of/],
    ['preferred', undefined, /partitions must be an array of \{ topic, partition \}, or null for all, got undefined/],
    ['preferred', [{ topic: 'a' }], /partitions\[0\]: option 'partition' is required/],
    ['preferred', [place('a', 0), place('a', 0)], /names partition 0 of topic 'a' twice/],
  ])('refuses %j, %j', async (type, partitions, message) => {
    const call = new Admin(new FakeCluster({}).cluster).electLeaders(type as never, partitions as never)
    await expect(call).rejects.toThrow(UsageError)
    await expect(call).rejects.toThrow(message)
  })
})

describe('alterPartitionReassignments', () => {
  const altered = (codes: number[], code = 0) => ({
    errorCode: code,
    errorMessage: null,
    responses: [
      {
        name: 'a',
        partitions: codes.map((errorCode, partitionIndex) => ({ partitionIndex, errorCode, errorMessage: null })),
      },
    ],
  })

  test('asks the controller, with null to stop a move', async () => {
    const fake = new FakeCluster({ AlterPartitionReassignments: () => altered([0, 0]) })
    const admin = new Admin(fake.cluster)
    const call = admin.alterPartitionReassignments([
      { ...place('a', 0), replicas: [2, 1] },
      { ...place('a', 1), replicas: null },
    ])
    expect(await call).toBeUndefined()
    expect(fake.sent[0]).toMatchObject({ route: 'controller', body: { allowReplicationFactorChange: true } })
    expect(fake.sent[0].body.topics).toEqual([
      {
        name: 'a',
        partitions: [
          { partitionIndex: 0, replicas: [2, 1] },
          { partitionIndex: 1, replicas: null },
        ],
      },
    ])
    expect(judgeOf(fake)(altered([0, NOT_CONTROLLER]))).toBe(NOT_CONTROLLER)
    expect(judgeOf(fake)(altered([], NOT_CONTROLLER))).toBe(NOT_CONTROLLER)
  })

  test('tells the outcome of each', async () => {
    const code = errorCode('NO_REASSIGNMENT_IN_PROGRESS')
    const fake = new FakeCluster({ AlterPartitionReassignments: () => altered([code, 0]) })
    const call = new Admin(fake.cluster).alterPartitionReassignments([
      { ...place('a', 1), replicas: [1] },
      { ...place('a', 0), replicas: null },
    ])
    expect(await results(call)).toMatchObject([null, { code: 'NO_REASSIGNMENT_IN_PROGRESS', topic: 'a', partition: 0 }])
  })

  test('a count of replicas that must not change needs a broker that knows of it', async () => {
    const fake = new FakeCluster({ AlterPartitionReassignments: () => altered([0]) }, 0)
    const admin = new Admin(fake.cluster)
    const move = [{ ...place('a', 0), replicas: [1] }]
    const options = { allowReplicationFactorChange: false }
    await expect(admin.alterPartitionReassignments(move, options)).rejects.toBeInstanceOf(UnsupportedVersionError)
    await admin.alterPartitionReassignments(move)
  })

  test('a refusal of the whole is an error of the whole, without the dump that KRaft explains it by', async () => {
    const answer = {
      ...altered([], errorCode('CLUSTER_AUTHORIZATION_FAILED')),
      errorMessage: 'Request Request(processor=2, connectionId=…) needs ALTER permission.',
    }
    const admin = new Admin(new FakeCluster({ AlterPartitionReassignments: () => answer }).cluster)
    const call = admin.alterPartitionReassignments([{ ...place('a', 0), replicas: [1] }])
    await expect(call).rejects.toMatchObject({
      code: 'CLUSTER_AUTHORIZATION_FAILED',
      message: expect.stringMatching(/^The reassignments: CLUSTER_AUTHORIZATION_FAILED \(31\): an ACL forbids/),
    })
  })

  test.each<[unknown, RegExp]>([
    [{}, /reassignments must be an array of \{ topic, partition, replicas \}/],
    [[place('a', 0)], /reassignments\[0\]: option 'replicas' is required/],
    [[{ ...place('a', 0), replicas: [] }], /'replicas' must be a non-empty array of broker ids, got an empty array/],
    [[{ ...place('a', 0), replicas: ['1'] }], /'replicas'\[0\] must be an integer, got '1'/],
    [[{ ...place('a', -1), replicas: [1] }], /'partition' must be from 0/],
    [
      [{ ...place('a', 0), replicas: [1], replica: [1] }],
      /reassignments\[0\]: unknown option 'replica'; did you mean 'replicas'\?/,
    ],
  ])('refuses %j', async (reassignments, message) => {
    const call = new Admin(new FakeCluster({}).cluster).alterPartitionReassignments(reassignments as never)
    await expect(call).rejects.toThrow(message)
  })
})

describe('listPartitionReassignments', () => {
  const move = (partitionIndex: number) => ({
    partitionIndex,
    replicas: [1, 2, 3],
    addingReplicas: [3],
    removingReplicas: [1],
  })
  const answer = {
    errorCode: 0,
    errorMessage: null,
    topics: [
      { name: 'b', partitions: [move(10), move(9)] },
      { name: 'a', partitions: [move(0)] },
    ],
  }

  test('tells moves by topic and partition', async () => {
    const fake = new FakeCluster({ ListPartitionReassignments: () => answer })
    const listed = await new Admin(fake.cluster).listPartitionReassignments()
    expect(listed.map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(['a-0', 'b-9', 'b-10'])
    expect(listed[0]).toEqual({
      topic: 'a',
      partition: 0,
      replicas: [1, 2, 3],
      addingReplicas: [3],
      removingReplicas: [1],
    })
    expect(fake.sent[0]).toMatchObject({ route: 'controller', body: { topics: null } })
    expect(judgeOf(fake)({ ...answer, errorCode: NOT_CONTROLLER })).toBe(NOT_CONTROLLER)
  })

  test('asks about the partitions named', async () => {
    const fake = new FakeCluster({ ListPartitionReassignments: () => answer })
    await new Admin(fake.cluster).listPartitionReassignments([place('b', 9), place('b', 10)])
    expect(fake.sent[0].body.topics).toEqual([{ name: 'b', partitionIndexes: [9, 10] }])
    expect(await new Admin(fake.cluster).listPartitionReassignments([])).toEqual([])
    expect(fake.sent).toHaveLength(1)
  })

  test('a refusal is an error', async () => {
    const refusal = { ...answer, errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED') }
    const admin = new Admin(new FakeCluster({ ListPartitionReassignments: () => refusal }).cluster)
    await expect(admin.listPartitionReassignments()).rejects.toBeInstanceOf(BrokerError)
  })
})
