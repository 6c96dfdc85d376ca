import { expect, test } from 'vitest'
import { decodeAssignment, encodeSubscription } from '../../../../protocol/messages/consumer-protocol.ts'
import {
  encodeCooperativeStickyUserData,
  encodeStickyUserData,
} from '../../../../protocol/messages/sticky-user-data.ts'
import { assignors } from '../../../../src/consumer/group/assignors/index.ts'
import { GroupLeader } from '../../../../src/consumer/group/group-leader.ts'
import { ScriptedCoordinator } from './scripted-coordinator.ts'

const claimed = [{ topic: 't', partitions: [0] }]

/** A cooperative member whose subscription has no field for the generation, and that claims partition 0. */
function claimant(memberId: string, userData: Buffer | null) {
  const metadata = encodeSubscription(1, { topics: ['t'], userData, ownedPartitions: claimed })
  return { memberId, groupInstanceId: null, metadata }
}

const java = (generation: number) => encodeCooperativeStickyUserData({ generation })
const librdkafka = (generation: number) => encodeStickyUserData(1, { previousAssignment: claimed, generation })

test.each([
  ['Java, librdkafka', java(5), librdkafka(7), 'b'],
  ['librdkafka, Java', librdkafka(7), java(5), 'a'],
  ['librdkafka, and what cannot be read', librdkafka(0), Buffer.from('7fffffff00', 'hex'), 'a'],
  ['Java, nothing', java(0), null, 'a'],
])('of two claims of a partition the newest generation counts: %s', async (_, ofA, ofB, owner) => {
  const coordinator = new ScriptedCoordinator()
  coordinator.addTopic('t', 'AAAAAAAAAAAAAAAAAAAAAQ', 1)
  const leader = new GroupLeader(coordinator.cluster)
  const shared = await leader.share(assignors['cooperative-sticky'], [claimant('a', ofA), claimant('b', ofB)])
  const owners = shared.filter(({ assignment }) => decodeAssignment(assignment).assignedPartitions.length > 0)
  expect(owners.map(({ memberId }) => memberId)).toEqual([owner])
})
