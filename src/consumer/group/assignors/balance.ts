import { partitionKey, type TopicPartition } from '../../topic-partition.ts'
import {
  compare,
  currentOwners,
  type GroupAssignment,
  type GroupMember,
  inMemberOrder,
  topicsToAssign,
} from './assignor.ts'

/** A member while partitions are being shared out. */
interface Share {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  readonly partitions: TopicPartition[]
}

/**
 * The balanced assignment that moves least: everybody keeps what they have, what nobody has goes to whoever has least,
 * and then partitions move, one at a time, from a member to another that may have them and has at least two fewer.
 * Each move brings two members closer together, so this ends; with one subscription for all, nobody then has more than
 * one partition more than another.
 */
export function balancedAndSticky(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): GroupAssignment {
  const owners = currentOwners(members)
  const shares: Share[] = inMemberOrder(members).map(({ memberId, topics }) => {
    return { memberId, topics: new Set(topics), partitions: [] }
  })
  const shareOf = new Map(shares.map((share) => [share.memberId, share]))
  const homeless: TopicPartition[] = []
  for (const topic of byFewestSubscribers(topicsToAssign(members, partitionCounts), shares)) {
    const count = partitionCounts.get(topic) as number
    for (let partition = 0; partition < count; partition++) {
      const owner = shareOf.get(owners.get(partitionKey(topic, partition)) ?? '')
      if (owner?.topics.has(topic)) owner.partitions.push({ topic, partition })
      else homeless.push({ topic, partition })
    }
  }
  for (const each of homeless) leastLoaded(shares, each.topic)?.partitions.push(each)
  level(shares)
  return new Map(shares.map(({ memberId, partitions }) => [memberId, partitions.sort(inPartitionOrder)]))
}

function level(shares: readonly Share[]): void {
  for (let moved = true; moved; ) {
    moved = false
    // From the fullest down: what they give away can make others givers in the same round.
    for (const giver of [...shares].sort((a, b) => b.partitions.length - a.partitions.length)) {
      for (let i = giver.partitions.length - 1; i >= 0; i--) {
        const taker = leastLoaded(shares, giver.partitions[i].topic)
        if (taker === undefined || giver.partitions.length - taker.partitions.length < 2) continue
        taker.partitions.push(...giver.partitions.splice(i, 1))
        moved = true
      }
    }
  }
}

/** The first of the least loaded members that subscribe to the topic. */
function leastLoaded(shares: readonly Share[], topic: string): Share | undefined {
  let least: Share | undefined
  for (const share of shares) {
    if (!share.topics.has(topic)) continue
    if (least === undefined || share.partitions.length < least.partitions.length) least = share
  }
  return least
}

/** What few members can have is shared out first, while they still have room for it. */
function byFewestSubscribers(topics: readonly string[], shares: readonly Share[]): string[] {
  const subscribers = new Map(
    topics.map((topic) => [topic, shares.filter((share) => share.topics.has(topic)).length] as const),
  )
  return [...topics].sort((a, b) => (subscribers.get(a) as number) - (subscribers.get(b) as number) || compare(a, b))
}

function inPartitionOrder(a: TopicPartition, b: TopicPartition): number {
  return compare(a.topic, b.topic) || a.partition - b.partition
}
