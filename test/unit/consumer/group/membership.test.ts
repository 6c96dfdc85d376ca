import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { encodeAssignment } from '../../../../protocol/messages/consumer-protocol.ts'
import { assignors } from '../../../../src/consumer/group/assignors/index.ts'
import { GroupLeader } from '../../../../src/consumer/group/group-leader.ts'
import { Membership, type MembershipHost } from '../../../../src/consumer/group/membership.ts'
import { TroubleLog } from '../../../../src/consumer/trouble-log.ts'
import { eventually } from '../../eventually.ts'
import { ScriptedCoordinator } from './scripted-coordinator.ts'

const REBALANCE_IN_PROGRESS = 27
const FENCED_INSTANCE_ID = 82

let coordinator: ScriptedCoordinator
let generation: number

beforeEach(() => {
  coordinator = new ScriptedCoordinator()
  coordinator.addTopic('t', 'AAAAAAAAAAAAAAAAAAAAAQ', 1)
  generation = 0
  const { answers } = coordinator
  answers.JoinGroup = () => {
    return {
      errorCode: 0,
      memberId: 'm',
      leader: 'other',
      generationId: ++generation,
      protocolName: 'range',
      members: [],
    }
  }
  const assignment = encodeAssignment(1, { assignedPartitions: [{ topic: 't', partitions: [0] }], userData: null })
  answers.SyncGroup = () => ({ errorCode: 0, assignment })
  answers.Heartbeat = () => ({ errorCode: 0 })
  answers.LeaveGroup = () => ({ errorCode: 0 })
})

function member(options: { groupInstanceId?: string; maxPollIntervalMs?: number } = {}) {
  const { groupInstanceId = null, maxPollIntervalMs = 300_000 } = options
  let owned: Array<{ topic: string; partition: number }> = []
  let polls = true
  const host = {
    topics: async () => ['t'],
    owned: () => owned,
    giveUp: vi.fn<MembershipHost['giveUp']>(async () => {
      owned = []
    }),
    receive: vi.fn<MembershipHost['receive']>(async (partitions) => {
      owned = [...owned, ...partitions]
    }),
    isPolling: () => polls,
    failure: vi.fn<MembershipHost['failure']>(),
  }
  const membership = new Membership(
    coordinator.cluster,
    coordinator.pool,
    {
      groupId: 'g',
      groupInstanceId,
      assignors: [assignors.range],
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 2,
      maxPollIntervalMs,
      clientRack: null,
    },
    host,
    new TroubleLog(coordinator.cluster.options.logger),
  )
  onTestFinished(() => membership.close(false, 1))
  membership.start()
  const stopPolling = (): void => {
    polls = false
  }
  return { membership, host, stopPolling, joined: () => eventually(() => expect(host.receive).toHaveBeenCalled()) }
}

test('joining waits for the slowest member, synchronising only for an answer', async () => {
  const { joined } = member({ maxPollIntervalMs: 100_000 })
  await joined()
  expect(coordinator.of('JoinGroup')[0].options.timeoutMs).toBe(105_000)
  expect(coordinator.of('SyncGroup')[0].options.timeoutMs).toBeUndefined()
})

test('a heartbeat that is answered while the group is joined again asks for no further rebalance', async () => {
  const late = Promise.withResolvers<object>()
  coordinator.answers.Heartbeat = () => late.promise
  const { membership, joined, host } = member()
  await joined()
  await eventually(() => expect(coordinator.of('Heartbeat')).toHaveLength(1))
  const join = Promise.withResolvers<void>()
  const { JoinGroup } = coordinator.answers
  coordinator.answers.JoinGroup = async (body) => {
    await join.promise
    return JoinGroup(body)
  }
  membership.rejoin('the test says so')
  await eventually(() => expect(coordinator.of('JoinGroup')).toHaveLength(2))
  coordinator.answers.Heartbeat = () => ({ errorCode: 0 })
  late.resolve({ errorCode: REBALANCE_IN_PROGRESS })
  await new Promise((resolve) => setImmediate(resolve))
  join.resolve()
  await eventually(() => expect(host.receive).toHaveBeenCalledTimes(2))
  // A heartbeat of the new generation is answered only when nothing is left to join for.
  await eventually(() => expect(coordinator.of('Heartbeat').at(-1)?.body).toMatchObject({ generationId: 2 }))
  expect(coordinator.of('JoinGroup')).toHaveLength(2)
})

test('a static member whose code does not come back tells nobody: its session decides', async () => {
  const { membership, stopPolling, joined } = member({ groupInstanceId: 'one', maxPollIntervalMs: 20 })
  await joined()
  stopPolling()
  await eventually(() => expect(membership.isLost || membership.identity.memberId === '').toBe(true))
  expect(coordinator.of('LeaveGroup')).toEqual([])
})

test('a dynamic member whose code does not come back leaves', async () => {
  const { membership, stopPolling, joined } = member({ maxPollIntervalMs: 20 })
  await joined()
  stopPolling()
  await eventually(() => expect(coordinator.of('LeaveGroup')).toHaveLength(1))
  expect(membership.identity).toMatchObject({ memberId: '', generation: -1 })
})

test('a static member leaves only when close() says so', async () => {
  const { membership, joined } = member({ groupInstanceId: 'one' })
  await joined()
  await membership.leave(1000)
  expect(membership.identity.memberId).toBe('')
  expect(coordinator.of('LeaveGroup')).toEqual([])
  membership.start()
  await eventually(() => expect(membership.identity.generation).toBe(2))
  await membership.close(true, 1000)
  expect(coordinator.of('LeaveGroup')).toMatchObject([{ body: { members: [{ groupInstanceId: 'one' }] } }])
})

test('a member that is about to leave keeps itself alive, but takes part in no rebalance', async () => {
  const { membership, host, joined } = member()
  await joined()
  host.giveUp.mockClear()
  membership.retire()
  coordinator.answers.Heartbeat = () => ({ errorCode: REBALANCE_IN_PROGRESS })
  const before = coordinator.of('Heartbeat').length
  await eventually(() => expect(coordinator.of('Heartbeat').length).toBeGreaterThan(before + 2))
  membership.start()
  expect(coordinator.of('JoinGroup')).toHaveLength(1)
  expect(host.giveUp).not.toHaveBeenCalled()
  await membership.leave(1000)
  coordinator.answers.Heartbeat = () => ({ errorCode: 0 })
  membership.start()
  await eventually(() => expect(coordinator.of('JoinGroup')).toHaveLength(2))
})

test('what a fenced member still has is lost', async () => {
  coordinator.answers.Heartbeat = () => ({ errorCode: FENCED_INSTANCE_ID })
  const { membership, host } = member({ groupInstanceId: 'one' })
  await eventually(() => expect(host.failure).toHaveBeenCalled())
  expect(host.failure.mock.lastCall?.[0]).toMatchObject({ code: 'FENCED_INSTANCE_ID', fatal: true })
  expect(membership.isLost).toBe(true)
})

test('metadata that comes while the leader looks for it is no reason to share out again', async () => {
  const { cluster } = coordinator
  const leader = new GroupLeader(cluster)
  const outdated: boolean[] = []
  coordinator.topics.clear()
  coordinator.onRefresh = () => {
    coordinator.addTopic('t', 'AAAAAAAAAAAAAAAAAAAAAQ', 2)
    outdated.push(leader.isOutdated(cluster.metadata))
  }
  const metadata = Buffer.from([0, 1, 0, 0, 0, 1, 0, 1, 0x74, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
  await leader.share(assignors.range, [{ memberId: 'm', groupInstanceId: null, metadata }])
  expect(outdated).toEqual([false])
  expect(leader.isOutdated(cluster.metadata)).toBe(false)
  coordinator.addTopic('t', 'AAAAAAAAAAAAAAAAAAAAAQ', 3)
  expect(leader.isOutdated(cluster.metadata)).toBe(true)
})
