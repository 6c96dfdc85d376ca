import { describe, expect, test } from 'vitest'
import {
  type BrokerAddress,
  EMPTY_METADATA,
  type MetadataSnapshot,
  mergeBroker,
  mergeLeader,
  mergeMetadata,
} from '../../../src/cluster/metadata.ts'
import type { MetadataResponse } from '../../../src/cluster/metadata-keeper.ts'

const RIDES_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg'

function partition(partitionIndex: number, leaderId: number, leaderEpoch: number) {
  return {
    errorCode: 0,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes: [1, 2],
    isrNodes: [1, 2],
    offlineReplicas: [],
  }
}

function topic(name: string, partitions: ReturnType<typeof partition>[], topicId = RIDES_ID, errorCode = 0) {
  return { errorCode, name, topicId, isInternal: false, partitions, topicAuthorizedOperations: -2147483648 }
}

function response(topics: ReturnType<typeof topic>[], brokers: number[] = [1, 2]): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: brokers.map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    clusterId: 'c',
    controllerId: 1,
    topics,
    clusterAuthorizedOperations: -2147483648,
    errorCode: 0,
  }
}

function merge(known: MetadataSnapshot, answer: MetadataResponse, allTopics = false, version = 13): MetadataSnapshot {
  return mergeMetadata(known, answer, { version, allTopics })
}

const rides = merge(EMPTY_METADATA, response([topic('rides', [partition(0, 1, 5), partition(1, 2, 7)])]))
const leaders = (snapshot: MetadataSnapshot, name = 'rides') =>
  snapshot.topics.get(name)?.partitions.map((p) => p.leader)

describe('metadata', () => {
  test('holds brokers, topics and their ids', () => {
    expect(rides.clusterId).toBe('c')
    expect(rides.brokers.get(2)).toEqual({ id: 2, host: 'b2', port: 9092, rack: null })
    expect(leaders(rides)).toEqual([1, 2])
    expect(rides.topicNames.get(RIDES_ID)).toBe('rides')
  })

  test('an answer without news is the same snapshot', () => {
    expect(merge(rides, response([topic('rides', [partition(0, 1, 5), partition(1, 2, 7)])]))).toBe(rides)
  })

  test('partitions may come in any order', () => {
    expect(merge(rides, response([topic('rides', [partition(1, 2, 7), partition(0, 1, 5)])]))).toBe(rides)
  })

  test('partitions after a gap do not count until the gap is filled', () => {
    expect(
      leaders(merge(EMPTY_METADATA, response([topic('rides', [partition(0, 1, 5), partition(2, 2, 7)])]))),
    ).toEqual([1])
  })

  test('an older leader epoch is ignored, a newer one counts', () => {
    const next = merge(rides, response([topic('rides', [partition(0, 2, 4), partition(1, 1, 8)])]))
    expect(leaders(next)).toEqual([1, 1])
    expect(next.version).toBe(rides.version + 1)
  })

  test('a topic made anew under its old name starts from its own epochs', () => {
    const next = merge(rides, response([topic('rides', [partition(0, 2, 0)], OTHER_ID)]))
    expect(leaders(next)).toEqual([2])
    expect(next.topicNames.has(RIDES_ID)).toBe(false)
  })

  test('brokers too old to tell epochs are believed', () => {
    expect(leaders(merge(rides, response([topic('rides', [partition(0, 2, -1), partition(1, 1, -1)])])))).toEqual([
      2, 1,
    ])
  })

  test('epochs of an answer before version 9 do not count, as they may not be those of the leaders beside them', () => {
    const old = merge(rides, response([topic('rides', [partition(0, 2, 4), partition(1, 1, 9)])]), false, 8)
    expect(leaders(old)).toEqual([2, 1])
    expect(old.topics.get('rides')?.partitions.map(({ leaderEpoch }) => leaderEpoch)).toEqual([-1, -1])
  })

  test('another controller is taken over, but is no news: with KRaft each answer names another broker', () => {
    const answer = response([topic('rides', [partition(0, 1, 5), partition(1, 2, 7)])])
    const next = merge(rides, { ...answer, controllerId: 2 })
    expect(next).toEqual({ ...rides, controllerId: 2 })
    expect(next.version).toBe(rides.version)
  })

  test('topics that were not asked for stay, unless all were', () => {
    const answer = response([topic('payments', [partition(0, 1, 1)], OTHER_ID)])
    expect([...merge(rides, answer).topics.keys()]).toEqual(['rides', 'payments'])
    expect([...merge(rides, answer, true).topics.keys()]).toEqual(['payments'])
  })

  test('a topic that is gone keeps its reason and has no partitions', () => {
    const next = merge(rides, response([topic('rides', [], RIDES_ID, 3)]))
    expect(next.topics.get('rides')).toMatchObject({ errorCode: 3, partitions: [] })
  })

  test('an answer without brokers does not empty the list', () => {
    expect([...merge(rides, response([], [])).brokers.keys()]).toEqual([1, 2])
  })

  test('__proto__ is a topic name like any other', () => {
    const next = merge(rides, response([topic('__proto__', [partition(0, 1, 0)], OTHER_ID)]))
    expect(leaders(next, '__proto__')).toEqual([1])
  })
})

describe('leader hints (KIP-951)', () => {
  const three: BrokerAddress = { id: 3, host: 'b3', port: 9092, rack: null }

  test('a newer epoch moves the leader, to a broker unknown before if it is named', () => {
    const next = mergeLeader(rides, 'rides', 0, { id: 3, epoch: 6 }, [three])
    expect(leaders(next)).toEqual([3, 2])
    expect(next.brokers.get(3)).toEqual(three)
  })

  test.each([
    ['the same epoch', 'rides', 0, { id: 2, epoch: 5 }, []],
    ['no leader', 'rides', 0, { id: -1, epoch: 6 }, []],
    ['a broker that nobody knows', 'rides', 0, { id: 9, epoch: 6 }, []],
    ['an unknown topic', 'other', 0, { id: 2, epoch: 6 }, []],
    ['an unknown partition', 'rides', 2, { id: 2, epoch: 6 }, []],
  ])('%s is no news', (_, name, index, leader, endpoints) => {
    expect(mergeLeader(rides, name, index, leader, endpoints)).toBe(rides)
  })

  test('a coordinator at a new address replaces the old address and keeps the rack', () => {
    const racked = mergeBroker(rides, { id: 1, host: 'b1', port: 9092, rack: 'r' })
    expect(racked).toBe(rides)
    expect(mergeBroker(rides, { id: 1, host: 'moved', port: 1, rack: null }).brokers.get(1)?.host).toBe('moved')
  })
})
