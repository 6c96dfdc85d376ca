import type { ResponseOf } from '../../protocol/api.ts'
import { errorCode as codeOf } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import { KafkaError, UnsupportedVersionError } from '../errors.ts'
import { boolean, type OptionSchema } from '../options.ts'
import { authorizedOperations } from './acl-operations.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import type { ConsumerGroupDescription, CoordinatorsDescription } from './consumer-group-description.ts'
import { askAboutGroups, askCoordinator } from './coordinators.ts'
import { describeClassicGroup, GROUP_ID_NOT_FOUND } from './describe-classic-group.ts'
import type { BrokerDescription } from './describe-cluster.ts'
import { groupError } from './group-errors.ts'
import { groupState } from './group-kinds.ts'
import { type ByName, outcomeOf } from './outcomes.ts'

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
  return askAboutGroups(call, 'admin.describeConsumerGroups()', groupIds, async (groupId) => {
    const description = await describeConsumerGroup(call, groupId, includeAuthorizedOperations)
    return { ...description, coordinator: await coordinatorOf(call, groupId) }
  })
}

/** The broker that was asked is remembered; unless another call has found it gone since, which takes nothing from the answer. */
async function coordinatorOf(call: Call, groupId: string): Promise<BrokerDescription> {
  const found = await outcomeOf(call, call.coordinator(groupId))
  const id = found instanceof KafkaError ? -1 : found
  const { host, port, rack } = call.cluster.metadata.brokers.get(id) ?? { host: '', port: -1, rack: null }
  return { id, host, port, rack }
}

/** @throws BrokerError, `GROUP_ID_NOT_FOUND` among them, and whatever keeps the coordinator from answering */
export async function describeConsumerGroup(
  call: Call,
  groupId: string,
  includeAuthorizedOperations: boolean,
): Promise<CoordinatorsDescription> {
  return (
    (await describeByNewProtocol(call, groupId, includeAuthorizedOperations)) ??
    describeClassicGroup(call, groupId, includeAuthorizedOperations)
  )
}

const UNSUPPORTED_VERSION = codeOf('UNSUPPORTED_VERSION')

/** @returns null if the group is not one of the new protocol, or the broker does not know that (3.7 can have it switched off) */
async function describeByNewProtocol(
  call: Call,
  groupId: string,
  includeAuthorizedOperations: boolean,
): Promise<CoordinatorsDescription | null> {
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
