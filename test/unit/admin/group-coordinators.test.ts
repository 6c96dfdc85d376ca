import { expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { Admin } from '../../../src/admin/admin.ts'
import { PartialFailureError } from '../../../src/errors.ts'
import { addresses, clusterAt, scriptedBrokers } from '../cluster/scripted-cluster.ts'
import type { Script, ScriptedBroker } from '../network/scripted-broker.ts'

const NOT_COORDINATOR = errorCode('NOT_COORDINATOR')

/** Two brokers that say of each group which of them coordinates it, by the number at the end of its name. */
async function twoCoordinators(script: (broker: number) => Script): Promise<ScriptedBroker[]> {
  const brokers: ScriptedBroker[] = []
  const FindCoordinator: Script['FindCoordinator'] = ({ body: { coordinatorKeys } }) => ({
    coordinators: (coordinatorKeys ?? []).map((key) => {
      const nodeId = Number(key.at(-1))
      const { port } = brokers[nodeId - 1]
      return { key, nodeId, host: '127.0.0.1', port, errorCode: 0, errorMessage: null }
    }),
  })
  brokers.push(...(await scriptedBrokers({ FindCoordinator, ...script(1) }, { FindCoordinator, ...script(2) })))
  return brokers
}

const deleting: Script['DeleteGroups'] = ({ body: { groupsNames } }) => ({
  throttleTimeMs: 0,
  results: groupsNames.map((groupId) => ({ groupId, errorCode: 0, errorMessage: null })),
})

test('each group is asked about where it is', async () => {
  const brokers = await twoCoordinators(() => ({ DeleteGroups: deleting }))
  await new Admin(clusterAt(addresses(brokers))).deleteConsumerGroups(['a1', 'b2', 'c1'])
  const asked = brokers.map((broker) => broker.asked('DeleteGroups').map(({ body }) => body.groupsNames))
  expect(asked).toEqual([[['a1'], ['c1']], [['b2']]])
})

test('a coordinator that has moved is looked up anew', async () => {
  let refusals = 0
  const brokers = await twoCoordinators(() => ({
    DeleteGroups: (request) => {
      if (refusals++ > 0) return deleting(request)
      const results = request.body.groupsNames.map((groupId) => {
        return { groupId, errorCode: NOT_COORDINATOR, errorMessage: null }
      })
      return { throttleTimeMs: 0, results }
    },
  }))
  await new Admin(clusterAt(addresses(brokers), { retryBackoffMs: 1 })).deleteConsumerGroups(['a1'])
  const lookUps = brokers.flatMap((broker) => broker.asked('FindCoordinator'))
  expect(lookUps).toHaveLength(2)
})

test('a coordinator that never answers costs only its own groups their results', async () => {
  const brokers = await twoCoordinators((broker) => ({ DeleteGroups: broker === 1 ? deleting : () => null }))
  const call = new Admin(clusterAt(addresses(brokers))).deleteConsumerGroups(['b2', 'a1'], { timeoutMs: 200 })
  const error = await call.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PartialFailureError)
  expect((error as PartialFailureError<unknown>).results).toMatchObject({ b2: { code: 'TIMED_OUT' }, a1: null })
})

test('offsets are asked for, and committed, by the names of topics', async () => {
  const OffsetFetch: Script['OffsetFetch'] = ({ body }) => ({
    groups: (body.groups ?? []).map(({ groupId }) => ({ groupId, topics: [], errorCode: 0 })),
  })
  const OffsetCommit: Script['OffsetCommit'] = ({ body }) => ({
    topics: body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
    })),
  })
  const brokers = await twoCoordinators(() => ({ OffsetFetch, OffsetCommit }))
  const admin = new Admin(clusterAt(addresses(brokers)))
  await admin.listConsumerGroupOffsets('g1')
  await admin.alterConsumerGroupOffsets('g1', [{ topic: 't', partition: 0, offset: 1 }])
  expect(
    [...brokers[0].asked('OffsetFetch'), ...brokers[0].asked('OffsetCommit')].map(({ version }) => version),
  ).toEqual([9, 9])
})
