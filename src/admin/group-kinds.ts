/** What groups there are: of consumers by the old and the new protocol (KIP-848), share groups, streams groups. */
export const GROUP_TYPES = ['classic', 'consumer', 'share', 'streams'] as const

/** `'unknown'` is one that this client is too old to know. */
export type GroupType = (typeof GROUP_TYPES)[number] | 'unknown'

export const GROUP_STATES = [
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Empty',
  'Assigning',
  'Reconciling',
  'NotReady',
] as const

/**
 * What a group is doing, in Kafka's words: classic groups are `PreparingRebalance` or `CompletingRebalance`, those of newer
 * protocols `Assigning` or `Reconciling`, before they are `Stable`. `'Unknown'` is one that this client is too old to know.
 */
export type GroupState = (typeof GROUP_STATES)[number] | 'Unknown'

export function groupType(name: string): GroupType {
  return GROUP_TYPES.find((each) => each === name.toLowerCase()) ?? 'unknown'
}

export function groupState(name: string): GroupState {
  return GROUP_STATES.find((each) => each === name) ?? 'Unknown'
}
