import { type Assignor, emptyAssignment, inMemberOrder, topicsToAssign } from './assignor.ts'

/**
 * Java's RangeAssignor: each topic by itself is cut into ranges of neighbouring partitions, the first members getting
 * one more where it does not divide. Topics with equal numbers of partitions are cut alike, so that one member has
 * partition n of all of them.
 */
export const range: Assignor = {
  name: 'range',
  cooperative: false,
  assign(members, partitionCounts) {
    const assignment = emptyAssignment(members)
    const ordered = inMemberOrder(members)
    for (const topic of topicsToAssign(members, partitionCounts)) {
      const subscribers = ordered.filter((member) => member.topics.includes(topic))
      const count = partitionCounts.get(topic) as number
      const share = Math.floor(count / subscribers.length)
      const withOneMore = count % subscribers.length
      let partition = 0
      for (const [i, { memberId }] of subscribers.entries()) {
        const end = partition + share + (i < withOneMore ? 1 : 0)
        for (; partition < end; partition++) assignment.get(memberId)?.push({ topic, partition })
      }
    }
    return assignment
  },
}
