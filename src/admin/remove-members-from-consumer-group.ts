import type { RequestInput } from '../../protocol/api.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { type BrokerError, UnsupportedVersionError } from '../errors.ts'
import { invalidOption, mistyped, nonEmptyText, type OptionSchema, optional, readOptions } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { askCoordinator } from './coordinators.ts'
import { describeConsumerGroup } from './describe-consumer-groups.ts'
import { groupError } from './group-errors.ts'
import { refuseRepetition } from './names.ts'
import { everyResult } from './outcomes.ts'

/** A static member, by the name that it has over restarts. */
export interface MemberToRemove {
  groupInstanceId: string
}

export interface RemoveMembersFromConsumerGroupOptions extends CallOptions {
  /** The static members to remove; needs brokers of Kafka 2.4 or later. Default: all members, static or not. */
  members?: readonly MemberToRemove[]
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

export const removeMembersOptions: OptionSchema<RemoveMembersFromConsumerGroupOptions> = {
  ...callOptions,
  members: optional((value, path) => {
    if (!Array.isArray(value)) throw mistyped(path, 'an array of { groupInstanceId }', value)
    // It could be taken for all members as well as for none.
    if (value.length === 0) throw invalidOption(`${path} is empty; leave it out to remove all members`)
    const members = value.map((each: unknown, i) => readOptions(`${path}[${i}]`, memberToRemove, each))
    refuseRepetition(
      members.map(({ groupInstanceId }) => groupInstanceId),
      path,
    )
    return members
  }),
  reason: optional(nonEmptyText),
}

/** A member as LeaveGroup names it: a static one needs no id. */
interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** LeaveGroup since this version takes several members, and static ones by name (KIP-345). */
const FIRST_WITH_MEMBERS = 3

/** @throws PartialFailureError whose results stand in the order of the members; BrokerError about the whole group */
export async function removeMembersFromConsumerGroup(
  call: Call,
  groupId: string,
  { members, reason }: Pick<RemoveMembersFromConsumerGroupOptions, 'members' | 'reason'>,
): Promise<void> {
  const leaving = members?.map((each) => ({ ...each, memberId: '' })) ?? (await allMembers(call, groupId))
  const why = (reason === undefined ? REASON : `${REASON}: ${reason}`).slice(0, MAX_REASON_LENGTH)
  const outcomes: Array<BrokerError | null> = []
  while (outcomes.length < leaving.length) {
    outcomes.push(...(await remove(call, groupId, leaving.slice(outcomes.length), why)))
  }
  everyResult(METHOD, outcomes)
}

async function allMembers(call: Call, groupId: string): Promise<LeavingMember[]> {
  const { members } = await describeConsumerGroup(call, groupId, false)
  // A static member keeps its name when it comes back with another id in the meantime.
  return members.map(({ memberId, groupInstanceId }) => {
    return { memberId: groupInstanceId === null ? memberId : '', groupInstanceId }
  })
}

/** Removes as many as one request can, in their order. */
async function remove(
  call: Call,
  groupId: string,
  members: readonly LeavingMember[],
  reason: string,
): Promise<Array<BrokerError | null>> {
  let asked = members
  const body = (version: number): RequestInput<typeof leaveGroup> => {
    if (version >= FIRST_WITH_MEMBERS) {
      asked = members
      return { groupId, members: members.map((member) => ({ ...member, reason })) }
    }
    asked = members.slice(0, 1)
    const [{ memberId }] = asked
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
  const [inOrder, forAll] = [answer.members, answer.errorCode]
  return asked.map((member, i) => refusal(groupId, member, forAll === 0 ? (inOrder[i]?.errorCode ?? 0) : forAll))
}

function refusal(groupId: string, { memberId, groupInstanceId }: LeavingMember, errorCode: number): BrokerError | null {
  if (errorCode === 0) return null
  const message = `it has no member ${groupInstanceId === null ? memberId : `with the instance id '${groupInstanceId}'`}`
  return groupError(errorCode, groupId, { meanings: { UNKNOWN_MEMBER_ID: message } })
}
