import { partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { describe, integer, invalidOption, mistyped, nonEmptyText, type OptionSchema, readOptions } from '../options.ts'

/** The fields that say which partition is meant; a call that needs more about each spreads this into its own schema. */
export const topicPartition: OptionSchema<TopicPartition> = {
  topic: { check: nonEmptyText, required: true },
  partition: { check: integer(0), required: true },
}

/**
 * What calls take and return of a partition. A call passes over those that it has no use for, so that it can be given what
 * another has returned; any other field is a mistake.
 */
const CARRIED: ReadonlySet<string> = new Set([
  'offset',
  'timestamp',
  'leaderEpoch',
  'metadata',
  'lowWatermark',
  'spec',
  'elected',
  'replicas',
  'addingReplicas',
  'removingReplicas',
  'size',
  'offsetLag',
  'isFuture',
])

/** How lists of partitions are sorted. */
export function byTopicAndPartition(a: TopicPartition, b: TopicPartition): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition
}

/**
 * Partitions, each once, as their outcomes are told by partition.
 * @throws UsageError naming the partition and its field; `path` is how the error calls the list
 */
export function readTopicPartitions<T extends TopicPartition>(
  value: unknown,
  path: string,
  schema: OptionSchema<T>,
): T[] {
  if (!Array.isArray(value)) throw mistyped(path, `an array of { ${Object.keys(schema).join(', ')} }`, value)
  const seen = new Set<string>()
  return value.map((each: unknown, i) => {
    const read = readOptions(`${path}[${i}]`, schema, withoutCarried(each, schema))
    const key = partitionKey(read.topic, read.partition)
    if (seen.has(key)) {
      throw invalidOption(`${path} names partition ${read.partition} of topic ${describe(read.topic)} twice`)
    }
    seen.add(key)
    return read
  })
}

function withoutCarried(value: unknown, schema: object): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const isWanted = (name: string): boolean => Object.hasOwn(schema, name) || !CARRIED.has(name)
  // Fields of the schema may be inherited, as getters of a class are.
  const names = new Set([...Object.keys(value), ...Object.keys(schema)])
  return Object.fromEntries([...names].filter(isWanted).map((name) => [name, (value as Record<string, unknown>)[name]]))
}
