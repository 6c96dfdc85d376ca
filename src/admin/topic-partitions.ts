import { partitionKey, type TopicPartition } from '../cluster/topic-partition.ts'
import { describe, integer, invalidOption, mistyped, nonEmptyText, type OptionSchema, readOptions } from '../options.ts'

/** The fields that say which partition is meant; a call that needs more about each spreads this into its own schema. */
export const topicPartition: OptionSchema<TopicPartition> = {
  topic: { check: nonEmptyText, required: true },
  partition: { check: integer(0), required: true },
}

/**
 * Partitions, each once, as their outcomes are told by partition. What a partition has beside the fields of the schema
 * is not looked at: what one call has returned can be given to another as it is.
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
    const read = readOptions(`${path}[${i}]`, schema, only(Object.keys(schema), each))
    const key = partitionKey(read.topic, read.partition)
    if (seen.has(key)) {
      throw invalidOption(`${path} names partition ${read.partition} of topic ${describe(read.topic)} twice`)
    }
    seen.add(key)
    return read
  })
}

function only(names: readonly string[], value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(names.map((name) => [name, (value as Record<string, unknown>)[name]]))
}
