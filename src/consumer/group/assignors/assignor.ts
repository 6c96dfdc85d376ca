import { partitionKey, type TopicPartition } from '../../topic-partition.ts'

/** A member as the leader of its group sees it. */
export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** What this member subscribes to; another member may subscribe to something else. */
  readonly topics: readonly string[]
  /** What this member had before; empty when the rebalance is eager. */
  readonly ownedPartitions: readonly TopicPartition[]
  /** The generation in which it was a member last; −1 if never or unknown. An older claim yields to a newer one. */
  readonly generation: number
}

/** Who gets which partitions, by member id; every member has an entry. */
export type GroupAssignment = Map<string, TopicPartition[]>

/** Shares the partitions of a group among its members. Runs in the member that leads the group. */
export interface Assignor {
  /** Kafka's name of it: all members of a group must know one assignor in common. */
  readonly name: string
  /** Members keep their partitions during a rebalance, and give away only what moves (KIP-429). */
  readonly cooperative: boolean
  /** @param partitionCounts the number of partitions of each subscribed topic that exists */
  assign(members: readonly GroupMember[], partitionCounts: ReadonlyMap<string, number>): GroupAssignment
}

export function emptyAssignment(members: readonly GroupMember[]): GroupAssignment {
  return new Map(members.map((member) => [member.memberId, []]))
}

/** Java's order: static members first, by instance id, so that a restart under a new member id moves nothing. */
export function inMemberOrder(members: readonly GroupMember[]): GroupMember[] {
  return [...members].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId)
    if (a.groupInstanceId !== null) return -1
    if (b.groupInstanceId !== null) return 1
    return compare(a.memberId, b.memberId)
  })
}

/** All topics that any member subscribes to and that exist, sorted. */
export function topicsToAssign(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): string[] {
  const topics = new Set(members.flatMap((member) => member.topics))
  return [...topics].filter((topic) => (partitionCounts.get(topic) ?? 0) > 0).sort(compare)
}

/** By UTF-16 code unit, as Java's String.compareTo: every leader must come to the same order. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Who owned each partition before, by {@link partitionKey}: of several claims the one of the newest generation counts. */
export function currentOwners(members: readonly GroupMember[]): Map<string, string> {
  const claims = new Map<string, { memberId: string | null; generation: number }>()
  for (const { memberId, generation, ownedPartitions } of members) {
    for (const { topic, partition } of ownedPartitions) {
      const key = partitionKey(topic, partition)
      const claim = claims.get(key)
      if (claim === undefined || generation > claim.generation) claims.set(key, { memberId, generation })
      // Two members claim it for one generation: neither can be believed.
      else if (generation === claim.generation) claim.memberId = null
    }
  }
  const owners = new Map<string, string>()
  for (const [key, { memberId }] of claims) if (memberId !== null) owners.set(key, memberId)
  return owners
}
