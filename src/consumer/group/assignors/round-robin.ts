import { type Assignor, emptyAssignment, inMemberOrder, topicsToAssign } from './assignor.ts'

/** Java's RoundRobinAssignor: all partitions of all topics are dealt in turn to the members that subscribe to them. */
export const roundRobin: Assignor = {
  name: 'roundrobin',
  cooperative: false,
  assign(members, partitionCounts) {
    const assignment = emptyAssignment(members)
    const ordered = inMemberOrder(members)
    let turn = 0
    for (const topic of topicsToAssign(members, partitionCounts)) {
      const count = partitionCounts.get(topic) as number
      for (let partition = 0; partition < count; partition++) {
        // Ends: a topic is only assigned because some member subscribes to it.
        while (!ordered[turn % ordered.length].topics.includes(topic)) turn++
        assignment.get(ordered[turn % ordered.length].memberId)?.push({ topic, partition })
        turn++
      }
    }
    return assignment
  },
}
