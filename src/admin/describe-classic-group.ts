import { errorCode as codeOf } from '../../protocol/errors.ts'
import { decodeAssignment } from '../../protocol/messages/consumer-protocol.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import { authorizedOperations } from './acl-operations.ts'
import type { Call } from './call.ts'
import type { CoordinatorsDescription } from './consumer-group-description.ts'
import { askCoordinator } from './coordinators.ts'
import { groupError } from './group-errors.ts'
import { groupState } from './group-kinds.ts'

export const GROUP_ID_NOT_FOUND = codeOf('GROUP_ID_NOT_FOUND')

/** The protocol type of groups of consumers; a group without one only had offsets committed. */
const CONSUMER = 'consumer'

/** DescribeGroups since this version can tell what the client may do with the group. */
const FIRST_WITH_OPERATIONS = 3

/** @throws BrokerError; `GROUP_ID_NOT_FOUND` also for a group of something else than consumers */
export async function describeClassicGroup(
  call: Call,
  groupId: string,
  includeAuthorizedOperations: boolean,
): Promise<CoordinatorsDescription> {
  const { groups } = await askCoordinator(call, groupId, {
    api: describeGroups,
    body: (version) => ({
      groups: [groupId],
      includeAuthorizedOperations: includeAuthorizedOperations && version >= FIRST_WITH_OPERATIONS,
    }),
    codes: ({ groups }) => groups.map(({ errorCode }) => errorCode),
  })
  const group = groups.find((each) => each.groupId === groupId)
  if (group === undefined) throw groupError(UNKNOWN_SERVER_ERROR, groupId, { message: 'the coordinator left it out' })
  const state = groupState(group.groupState)
  // Brokers before Kafka 4.0 describe a group that they do not know as a dead one (KIP-1043).
  const errorCode = group.errorCode === 0 && state === 'Dead' ? GROUP_ID_NOT_FOUND : group.errorCode
  // That it is not a classic group, as the broker says, is half of the truth: it is not one of the new protocol either.
  if (errorCode === GROUP_ID_NOT_FOUND) throw groupError(errorCode, groupId)
  if (errorCode !== 0) throw groupError(errorCode, groupId, { message: group.errorMessage })
  if (group.protocolType !== CONSUMER && group.protocolType !== '') {
    const message = `it is not a group of consumers; its protocol type is '${group.protocolType}'`
    throw groupError(GROUP_ID_NOT_FOUND, groupId, { message })
  }
  return {
    groupId,
    isSimpleConsumerGroup: group.protocolType === '',
    type: 'classic',
    state,
    partitionAssignor: group.protocolData,
    members: group.members.map(({ memberId, groupInstanceId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      groupInstanceId,
      clientId,
      host: clientHost,
      rackId: null,
      assignment: readAssignment(call, groupId, memberId, memberAssignment),
      targetAssignment: null,
      memberEpoch: null,
      upgraded: null,
    })),
    groupEpoch: null,
    targetAssignmentEpoch: null,
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  }
}

/** The brokers do not read what the leader of a group assigns, so it can be anything. */
function readAssignment(call: Call, groupId: string, memberId: string, data: Buffer): TopicPartition[] {
  // As while the group rebalances.
  if (data.length === 0) return []
  try {
    return decodeAssignment(data).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  } catch (error) {
    call.cluster.options.logger.warn(`The assignment of member ${memberId} of group '${groupId}' cannot be read`, {
      error,
    })
    return []
  }
}
