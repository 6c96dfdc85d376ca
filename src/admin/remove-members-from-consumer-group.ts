import type { RequestInput } from '../../protocol/api.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { type BrokerError, KafkaError, UnsupportedVersionError } from '../errors.ts'
import {
  invalidOption,
  mistyped,
  nonEmptyText,
  type OptionCheck,
  type OptionSchema,
  optional,
  readOptions,
} from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { askCoordinator } from './coordinators.ts'
import { describeConsumerGroup } from './describe-consumer-groups.ts'
import { groupError } from './group-errors.ts'
import { refuseRepetition } from './names.ts'
import { byName, everyResultByName, outcomeOf } from './outcomes.ts'

/** A static member, by the name that it has over restarts. */
export interface MemberToRemove {
  groupInstanceId: string
}

export interface RemoveMembersFromConsumerGroupOptions extends CallOptions {
  /** The static members to remove, which needs brokers of Kafka 2.4 or later; `null` for all members, static or not. */
  members: readonly MemberToRemove[] | null
  /** Why, for the broker's log; Kafka 3.2 or later writes it there. */
  reason?: string
}

const METHOD = 'admin.removeMembersFromConsumerGroup()'

/** What the log of the broker shall say: as Java, that it was not the member itself that left. */
const REASON = 'member was removed by an admin'
/** Brokers take no longer one. */
const MAX_REASON_LENGTH = 255

const memberToRemove: OptionSchema<MemberToRemove> = {
  groupInstanceId: { check: nonEmptyText, required: true },
}

const membersToRemove: OptionCheck<MemberToRemove[] | null> = (value, path) => {
  if (value === null) return null
  if (!Array.isArray(value)) throw mistyped(path, 'an array of { groupInstanceId }, or null for all members', value)
  // It could be taken for all members as well as for none.
  if (value.length === 0) throw invalidOption(`${path} is empty; null stands for all members`)
  const members = value.map((each: unknown, i) => readOptions(`${path}[${i}]`, memberToRemove, each))
  refuseRepetition(
    members.map(({ groupInstanceId }) => groupInstanceId),
    path,
  )
  return members
}

export const removeMembersOptions: OptionSchema<RemoveMembersFromConsumerGroupOptions> = {
  ...callOptions,
  // To leave them out must not mean all: a variable without a value would empty the group.
  members: { check: membersToRemove, required: true },
  reason: optional(nonEmptyText),
}

/** A member as LeaveGroup names it: a static one needs no id. */
interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** LeaveGroup since this version takes several members, and static ones by name (KIP-345). */
const FIRST_WITH_MEMBERS = 3

/** @throws PartialFailureError whose results are by the members' names; BrokerError about the whole group */
export async function removeMembersFromConsumerGroup(
  call: Call,
  groupId: string,
  { members, reason }: Pick<RemoveMembersFromConsumerGroupOptions, 'members' | 'reason'>,
): Promise<void> {
  const leaving = members?.map((each) => ({ ...each, memberId: '' })) ?? (await allMembers(call, groupId))
  const why = (reason === undefined ? REASON : `${REASON}: ${reason}`).slice(0, MAX_REASON_LENGTH)
  const outcomes: Array<KafkaError | null> = []
  while (outcomes.length < leaving.length) {
    const rest = leaving.slice(outcomes.length)
    const removed = await outcomeOf(call, remove(call, groupId, rest, why))
    if (!(removed instanceof KafkaError)) outcomes.push(...removed)
    // Who left before must be told all the same.
    else if (outcomes.length > 0) outcomes.push(...rest.map(() => removed))
    else throw removed
  }
  everyResultByName(METHOD, byName(leaving.map((member, i) => [nameOf(member), outcomes[i]])))
}

function nameOf({ memberId, groupInstanceId }: Pick<LeavingMember, 'memberId' | 'groupInstanceId'>): string {
  return groupInstanceId ?? memberId
}

async function allMembers(call: Call, groupId: string): Promise<LeavingMember[]> {
  const { members } = await describeConsumerGroup(call, groupId, false)
  // A static member keeps its name when it comes back with another id in the meantime.
  return members.map(({ memberId, groupInstanceId }) => {
    return { memberId: groupInstanceId === null ? memberId : '', groupInstanceId }
  })
}

/**
 * Removes as many as one request can, in their order.
 * @throws BrokerError about the whole group
 */
async function remove(
  call: Call,
  groupId: string,
  members: readonly LeavingMember[],
  reason: string,
): Promise<Array<BrokerError | null>> {
  let spoken = 0
  const body = (version: number): RequestInput<typeof leaveGroup> => {
    spoken = version
    if (version >= FIRST_WITH_MEMBERS) return { groupId, members: members.map((member) => ({ ...member, reason })) }
    const [{ memberId }] = members
    if (memberId !== '') return { groupId, memberId }
    const message = 'Brokers before Kafka 2.4 cannot remove a member by its groupInstanceId'
    throw new UnsupportedVersionError(message, { api: leaveGroup.name })
  }
  const answer = await askCoordinator(call, groupId, {
    api: leaveGroup,
    body,
    codes: ({ errorCode }) => [errorCode],
  })
  // Old brokers tell of their one member where newer ones tell of the group.
  if (spoken < FIRST_WITH_MEMBERS) return [refusal(groupId, members[0], answer.errorCode)]
  if (answer.errorCode !== 0) throw groupError(answer.errorCode, groupId)
  const codes = new Map(answer.members.map((member) => [nameOf(member), member.errorCode]))
  return members.map((member) => refusal(groupId, member, codes.get(nameOf(member))))
}

function refusal(groupId: string, member: LeavingMember, errorCode?: number): BrokerError | null {
  if (errorCode === 0) return null
  const name = member.groupInstanceId === null ? `member ${member.memberId}` : `instance id '${member.groupInstanceId}'`
  if (errorCode === undefined) {
    return groupError(UNKNOWN_SERVER_ERROR, groupId, { message: `the coordinator left ${name} out` })
  }
  const message = `it has no member ${member.groupInstanceId === null ? member.memberId : `with the ${name}`}`
  return groupError(errorCode, groupId, { meanings: { UNKNOWN_MEMBER_ID: message } })
}
