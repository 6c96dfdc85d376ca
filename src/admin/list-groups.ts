import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { listGroups as listGroupsApi } from '../../protocol/messages/list-groups.ts'
import { brokerError, KafkaError } from '../errors.ts'
import { mistyped, type OptionCheck, type OptionSchema, oneOf, optional, text } from '../options.ts'
import { askAllBrokers } from './all-brokers.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { GROUP_STATES, GROUP_TYPES, type GroupState, type GroupType, groupState, groupType } from './group-kinds.ts'
import { refuseFailures } from './outcomes.ts'

/** A group as lists have it. */
export interface GroupListing {
  groupId: string
  /** `'consumer'` for groups of consumers, `'connect'` …; `''` for a group that only ever had offsets committed. */
  protocolType: string
  /** `'classic'` from brokers before Kafka 3.8, which do not say. */
  type: GroupType
  state: GroupState
}

/** The `results` of a `listGroups()` of which some brokers could not be asked. */
export interface ListGroupsResults {
  /** What the others told, sorted by id. */
  groups: GroupListing[]
  /** Why there is nothing from a broker, one for each that failed. */
  failures: KafkaError[]
}

export interface ListGroupsOptions extends CallOptions {
  /** Only groups of these types. Default: all. */
  types?: ReadonlyArray<Exclude<GroupType, 'unknown'>>
  /** Only groups of these protocol types, such as `'consumer'`. Default: all. */
  protocolTypes?: readonly string[]
  /** Only groups in these states. Default: all. */
  states?: ReadonlyArray<Exclude<GroupState, 'Unknown'>>
}

export const listGroupsOptions: OptionSchema<ListGroupsOptions> = {
  ...callOptions,
  types: optional(listOf(oneOf(...GROUP_TYPES), 'types')),
  protocolTypes: optional(listOf(text, 'protocol types')),
  states: optional(listOf(oneOf(...GROUP_STATES), 'states')),
}

function listOf<T>(check: OptionCheck<T>, what: string): OptionCheck<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw mistyped(path, `an array of ${what}`, value)
    return value.map((each, i) => check(each, `${path}[${i}]`))
  }
}

type Filters = Pick<ListGroupsOptions, 'types' | 'protocolTypes' | 'states'>

/** ListGroups since these versions can choose by state (KIP-518), and by type (KIP-848). */
const FIRST_WITH_STATES = 4
const FIRST_WITH_TYPES = 5

/**
 * The groups of all brokers, by id.
 * @throws PartialFailureError whose results are {@link ListGroupsResults}
 */
export async function listGroups(call: Call, filters: Filters): Promise<GroupListing[]> {
  const outcomes = await askAllBrokers(call, (broker) => listAt(call, broker, filters))
  // A group on the move between two coordinators may be told of by both.
  const byId = new Map<string, GroupListing>()
  const failures: KafkaError[] = []
  for (const outcome of outcomes) {
    if (outcome instanceof KafkaError) failures.push(outcome)
    else for (const group of outcome) byId.set(group.groupId, group)
  }
  const groups = [...byId.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
  const results: ListGroupsResults = { groups, failures }
  refuseFailures('admin.listGroups()', outcomes, results)
  return groups
}

async function listAt(call: Call, broker: number, filters: Filters): Promise<GroupListing[]> {
  const { types = [], protocolTypes = [], states = [] } = filters
  let spoken = 0
  const body = (version: number) => {
    spoken = version
    return {
      statesFilter: version < FIRST_WITH_STATES ? [] : states,
      typesFilter: version < FIRST_WITH_TYPES ? [] : types,
    }
  }
  const answer = await call.sendOnce(listGroupsApi, body, broker)
  if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `Groups of broker ${broker}`)
  let groups: GroupListing[] = answer.groups.map(({ groupId, protocolType, groupState: state, groupType: type }) => {
    return { groupId, protocolType, type: type === '' ? 'classic' : groupType(type), state: groupState(state) }
  })
  if (spoken < FIRST_WITH_STATES) groups = await withStates(call, broker, groups)
  // What a broker cannot choose by it gives in full.
  return groups.filter(
    ({ type, protocolType, state }) =>
      isChosen(type, types) && isChosen(protocolType, protocolTypes) && isChosen(state, states),
  )
}

function isChosen(value: string, chosen: readonly string[]): boolean {
  return chosen.length === 0 || chosen.includes(value)
}

/** Brokers before Kafka 2.6 tell the states of groups only when they are asked to describe them. */
async function withStates(call: Call, broker: number, groups: readonly GroupListing[]): Promise<GroupListing[]> {
  if (groups.length === 0) return []
  const asked = { groups: groups.map(({ groupId }) => groupId) }
  const answer = await call.sendOnce(describeGroups, asked, broker)
  const states = new Map(answer.groups.map((group) => [group.groupId, groupState(group.groupState)]))
  return groups.map((group) => ({ ...group, state: states.get(group.groupId) ?? 'Unknown' }))
}
