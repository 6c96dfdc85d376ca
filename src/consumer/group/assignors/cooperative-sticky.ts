import { partitionKey } from '../../topic-partition.ts'
import { type Assignor, currentOwners } from './assignor.ts'
import { balancedAndSticky } from './balance.ts'

/**
 * Java's CooperativeStickyAssignor: balanced, moving as little as possible, in two steps. A partition that moves is
 * left out of the first rebalance, so that its owner gives it up; that makes the owner join again, and the second
 * rebalance gives it to its new owner. Nobody else ever stops reading.
 */
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  cooperative: true,
  assign(members, partitionCounts) {
    const assignment = balancedAndSticky(members, partitionCounts)
    const owners = currentOwners(members)
    const claimed = new Set<string>()
    for (const { ownedPartitions } of members) {
      for (const { topic, partition } of ownedPartitions) claimed.add(partitionKey(topic, partition))
    }
    for (const [memberId, partitions] of assignment) {
      const free = partitions.filter(({ topic, partition }) => {
        const key = partitionKey(topic, partition)
        return !claimed.has(key) || owners.get(key) === memberId
      })
      assignment.set(memberId, free)
    }
    return assignment
  },
}
