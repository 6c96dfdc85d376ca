/** One partition of one topic. */
export interface TopicPartition {
  topic: string
  partition: number
}

/** A key for maps and sets. Unambiguous: what follows the last hyphen is the number. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** `rides-0, rides-1`, cut short when there are many: for logs and error messages. */
export function partitionList(partitions: readonly TopicPartition[]): string {
  const shown = partitions.slice(0, 10).map(({ topic, partition }) => `${topic}-${partition}`)
  return partitions.length > 10 ? `${shown.join(', ')} and ${partitions.length - 10} more` : shown.join(', ')
}

/** Groups things by topic, keeping the order in which topics first appear: the shape of most requests. */
export function groupByTopic<T extends { topic: string }>(items: Iterable<T>): Map<string, T[]> {
  const byTopic = new Map<string, T[]>()
  for (const item of items) {
    const group = byTopic.get(item.topic)
    if (group === undefined) byTopic.set(item.topic, [item])
    else group.push(item)
  }
  return byTopic
}
