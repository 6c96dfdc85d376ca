import { describe, expect, test } from 'vitest'
import { type BrokerErrorName, errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { addresses, clusterAt, scriptedBrokers } from '../cluster/scripted-cluster.ts'
import type { Script } from '../network/scripted-broker.ts'

/** A call about group `g` and its partition `t-0`, the API that must be asked again, and its answer with a code. */
interface GroupCall {
  readonly api: keyof Script
  readonly run: (admin: Admin) => Promise<unknown>
  readonly answer: (code: number) => Script
  /** What the call needs beside that API. */
  readonly rest?: Script
}

const partition = { topic: 't', partition: 0 }
const NO_DATA = Buffer.alloc(0)

const consumerGroup = (code: number): Script => ({
  ConsumerGroupDescribe: () => ({
    throttleTimeMs: 0,
    groups: [
      {
        errorCode: code,
        errorMessage: null,
        groupId: 'g',
        groupState: 'Stable',
        groupEpoch: 1,
        assignmentEpoch: 1,
        assignorName: 'uniform',
        members: [],
      },
    ],
  }),
})
const classicGroup = (code: number): Script => ({
  DescribeGroups: () => ({
    groups: [
      {
        errorCode: code,
        errorMessage: null,
        groupId: 'g',
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
        members: [
          { memberId: 'm', clientId: 'c', clientHost: '/h', memberMetadata: NO_DATA, memberAssignment: NO_DATA },
        ],
      },
    ],
  }),
})
const offsetFetch = (ofGroup: number, ofPartition: number): Script => {
  const committed = { partitionIndex: 0, committedOffset: 5, metadata: '', errorCode: ofPartition }
  const topics = ofGroup === 0 ? [{ name: 't', partitions: [committed] }] : []
  return { OffsetFetch: () => ({ groups: [{ groupId: 'g', topics, errorCode: ofGroup }] }) }
}
const leaveGroup = (code: number): Script => ({
  LeaveGroup: () => ({
    errorCode: code,
    members: code === 0 ? [{ memberId: '', groupInstanceId: 'i', errorCode: 0 }] : [],
  }),
})

const calls: Record<string, GroupCall> = {
  'describeConsumerGroups, by the new protocol': {
    api: 'ConsumerGroupDescribe',
    run: (admin) => admin.describeConsumerGroups(['g']),
    answer: consumerGroup,
  },
  'describeConsumerGroups, by the classic one': {
    api: 'DescribeGroups',
    run: (admin) => admin.describeConsumerGroups(['g']),
    answer: classicGroup,
    rest: consumerGroup(errorCode('GROUP_ID_NOT_FOUND')),
  },
  deleteConsumerGroups: {
    api: 'DeleteGroups',
    run: (admin) => admin.deleteConsumerGroups(['g']),
    answer: (code) => ({ DeleteGroups: () => ({ throttleTimeMs: 0, results: [{ groupId: 'g', errorCode: code }] }) }),
  },
  'listConsumerGroupOffsets, refused as a whole': {
    api: 'OffsetFetch',
    run: (admin) => admin.listConsumerGroupOffsets('g'),
    answer: (code) => offsetFetch(code, 0),
  },
  'listConsumerGroupOffsets, refused by partition': {
    api: 'OffsetFetch',
    run: (admin) => admin.listConsumerGroupOffsets({ g: [partition] }),
    answer: (code) => offsetFetch(0, code),
  },
  alterConsumerGroupOffsets: {
    api: 'OffsetCommit',
    run: (admin) => admin.alterConsumerGroupOffsets('g', [{ ...partition, offset: 5 }]),
    answer: (code) => ({
      OffsetCommit: () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: code }] }] }),
    }),
  },
  deleteConsumerGroupOffsets: {
    api: 'OffsetDelete',
    run: (admin) => admin.deleteConsumerGroupOffsets('g', [partition]),
    answer: (code) => ({
      OffsetDelete: () => ({
        throttleTimeMs: 0,
        errorCode: code,
        topics: code === 0 ? [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] }] : [],
      }),
    }),
  },
  'removeMembersFromConsumerGroup, by name': {
    api: 'LeaveGroup',
    run: (admin) => admin.removeMembersFromConsumerGroup('g', { members: [{ groupInstanceId: 'i' }] }),
    answer: leaveGroup,
  },
}

/** Each with the look-ups of the coordinator that it takes: one that only loads is still the coordinator. */
const CURABLE: ReadonlyArray<readonly [BrokerErrorName, number]> = [
  ['NOT_COORDINATOR', 2],
  ['COORDINATOR_NOT_AVAILABLE', 2],
  ['COORDINATOR_LOAD_IN_PROGRESS', 1],
]

describe.each(Object.entries(calls))('%s', (_, { api, run, answer, rest }) => {
  test.each(CURABLE)('is asked again after %s', async (name, lookUps) => {
    const answers = [answer(errorCode(name)), answer(0)]
    let asked = 0
    const once = (request: never) => (answers[Math.min(asked++, 1)][api] as (request: never) => unknown)(request)
    const [broker] = await scriptedBrokers({
      FindCoordinator: ({ body: { coordinatorKeys } }) => ({
        coordinators: (coordinatorKeys ?? []).map((key) => {
          return { key, nodeId: 1, host: '127.0.0.1', port: broker.port, errorCode: 0, errorMessage: null }
        }),
      }),
      ...rest,
      [api]: once,
    })
    await run(new Admin(clusterAt(addresses([broker]), { retryBackoffMs: 1, retryBackoffMaxMs: 1 })))
    expect(broker.asked(api)).toHaveLength(2)
    expect(broker.asked('FindCoordinator')).toHaveLength(lookUps)
  })
})
