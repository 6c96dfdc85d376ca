import type { ResponseOf } from '../../protocol/api.ts'
import { errorCode as codeOf } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import { UnsupportedVersionError } from '../errors.ts'
import { boolean, type OptionSchema } from '../options.ts'
import { type AclOperation, authorizedOperations } from './acl-operations.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { askAboutGroups, askCoordinator } from './coordinators.ts'
import { describeClassicGroup, GROUP_ID_NOT_FOUND } from './describe-classic-group.ts'
import type { BrokerDescription } from './describe-cluster.ts'
import { groupError } from './group-errors.ts'
import { type GroupState, type GroupType, groupState } from './group-kinds.ts'
import type { ByName } from './outcomes.ts'

/** A group of consumers, of either protocol, with its members. */
export interface ConsumerGroupDescription {
  groupId: string
  /** Whether it never had members: offsets were committed for it by consumers that choose their partitions themselves. */
  isSimpleConsumerGroup: boolean
  /** `'consumer'` for the protocol of KIP-848, `'classic'` for the one before. */
  type: GroupType
  state: GroupState
  /** The broker that has the group. */
  coordinator: BrokerDescription
  /** Name of what shares the partitions out, such as `range` or `uniform`; empty while there are no members. */
  partitionAssignor: string
  members: MemberDescription[]
  /** Counts the changes of members and subscriptions; null for classic groups. */
  groupEpoch: number | null
  /** The group epoch that the target assignment was made for; null for classic groups. */
  targetAssignmentEpoch: number | null
  /** What this client may do with the group, by Java's names; null unless `includeAuthorizedOperations`, and from brokers before 2.3. */
  authorizedOperations: AclOperation[] | null
}

/** A member of a group of consumers. */
export interface MemberDescription {
  memberId: string
  /** Set for a static member. */
  groupInstanceId: string | null
  clientId: string
  /** Where it is connected from, as `/10.0.0.7`. */
  host: string
  /** Null in classic groups, whose brokers do not know it. */
  rackId: string | null
  /** What it has; empty while a classic group rebalances, and, with a warning logged, where that cannot be read. */
  assignment: TopicPartition[]
  /** What it shall have, once other members have given that up; null in classic groups. */
  targetAssignment: TopicPartition[] | null
  /** The epoch up to which it follows the target assignment; null in classic groups. */
  memberEpoch: number | null
  /** Whether it speaks the new protocol (KIP-848); null in classic groups, and from brokers before 4.0. */
  upgraded: boolean | null
}

export interface DescribeConsumerGroupsOptions extends CallOptions {
  /** Whether to ask also what this client may do with the groups. Default false. */
  includeAuthorizedOperations?: boolean
}

export const describeConsumerGroupsOptions: OptionSchema<
  DescribeConsumerGroupsOptions & { includeAuthorizedOperations: boolean }
> = {
  ...callOptions,
  includeAuthorizedOperations: { check: boolean, default: false },
}

/** @throws PartialFailureError with the outcome of each group */
export function describeConsumerGroups(
  call: Call,
  groupIds: readonly string[],
  includeAuthorizedOperations: boolean,
): Promise<ByName<ConsumerGroupDescription>> {
  return askAboutGroups(call, 'admin.describeConsumerGroups()', groupIds, (groupId) =>
    describeConsumerGroup(call, groupId, includeAuthorizedOperations),
  )
}

/** @throws BrokerError, `GROUP_ID_NOT_FOUND` among them, and whatever keeps the coordinator from answering */
export async function describeConsumerGroup(
  call: Call,
  groupId: string,
  includeAuthorizedOperations: boolean,
): Promise<ConsumerGroupDescription> {
  const description =
    (await describeByNewProtocol(call, groupId, includeAuthorizedOperations)) ??
    (await describeClassicGroup(call, groupId, includeAuthorizedOperations))
  const id = await call.coordinator(groupId)
  const { host, port, rack } = call.cluster.metadata.brokers.get(id) ?? { host: '', port: -1, rack: null }
  return { ...description, coordinator: { id, host, port, rack } }
}

const UNSUPPORTED_VERSION = codeOf('UNSUPPORTED_VERSION')

/** @returns null if the group is not one of the new protocol, or the broker does not know that (3.7 can have it switched off) */
async function describeByNewProtocol(
  call: Call,
  groupId: string,
  includeAuthorizedOperations: boolean,
): Promise<Omit<ConsumerGroupDescription, 'coordinator'> | null> {
  let answer: ResponseOf<typeof consumerGroupDescribe>
  try {
    answer = await askCoordinator(call, groupId, {
      api: consumerGroupDescribe,
      body: { groupIds: [groupId], includeAuthorizedOperations },
      codes: ({ groups }) => groups.map(({ errorCode }) => errorCode),
    })
  } catch (error) {
    if (error instanceof UnsupportedVersionError) return null
    throw error
  }
  const group = answer.groups.find((each) => each.groupId === groupId)
  if (group === undefined) throw groupError(UNKNOWN_SERVER_ERROR, groupId, { message: 'the coordinator left it out' })
  const { errorCode } = group
  if (errorCode === GROUP_ID_NOT_FOUND || errorCode === UNSUPPORTED_VERSION) return null
  if (errorCode !== 0) throw groupError(errorCode, groupId, { message: group.errorMessage })
  return {
    groupId,
    isSimpleConsumerGroup: false,
    type: 'consumer',
    state: groupState(group.groupState),
    partitionAssignor: group.assignorName,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      host: member.clientHost,
      rackId: member.rackId,
      assignment: partitionsOf(member.assignment),
      targetAssignment: partitionsOf(member.targetAssignment),
      memberEpoch: member.memberEpoch,
      upgraded: member.memberType === -1 ? null : member.memberType === 1,
    })),
    groupEpoch: group.groupEpoch,
    targetAssignmentEpoch: group.assignmentEpoch,
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  }
}

type Assignment = ResponseOf<typeof consumerGroupDescribe>['groups'][number]['members'][number]['assignment']

function partitionsOf({ topicPartitions }: Assignment): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName, partitions }) =>
    partitions.map((partition) => ({ topic: topicName, partition })),
  )
}
