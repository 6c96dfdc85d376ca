import { UsageError } from '../errors.ts'
import { describe, suggestion } from '../options.ts'
import { Message } from './message.ts'
import { MessageBatch } from './message-batch.ts'
import { partitionKey, type TopicPartition, type TopicPartitionOffset } from './topic-partition.ts'

/** What `commit()` takes: places to go on at, or what was processed. */
export type CommitTarget =
  | Message<unknown, unknown>
  | MessageBatch<unknown, unknown>
  | TopicPartitionOffset
  | readonly TopicPartitionOffset[]

/** One or many; `path` is the call, as errors name it. */
export function readPartitions<T extends TopicPartition>(value: T | readonly T[], path: string): T[] {
  const list = Array.isArray(value) ? (value as readonly T[]) : [value as T]
  for (const each of list) {
    if (typeof each !== 'object' || each === null) {
      throw new UsageError(`${path} takes { topic, partition } objects, got ${describe(each)}`)
    }
    const { topic, partition } = each
    if (typeof topic !== 'string' || topic === '') {
      throw new UsageError(`${path}: topic must be a non-empty string, got ${describe(topic)}`)
    }
    if (!Number.isInteger(partition) || partition < 0) {
      throw new UsageError(
        `${path}: partition of topic '${topic}' must be an integer from 0, got ${describe(partition)}`,
        {
          topic,
        },
      )
    }
  }
  return [...list]
}

/** @throws UsageError if a partition is named twice: a broker answers one question about each */
export function readDistinct<T extends TopicPartition>(value: readonly T[], path: string): T[] {
  const list = readPartitions(value, path)
  const seen = new Set<string>()
  for (const { topic, partition } of list) {
    const key = partitionKey(topic, partition)
    if (seen.has(key)) {
      throw new UsageError(`${path}: partition ${partition} of topic '${topic}' is named twice`, { topic, partition })
    }
    seen.add(key)
  }
  return list
}

/** @throws UsageError if an offset is missing or cannot be one */
export function readOffsets(
  value: TopicPartitionOffset | readonly TopicPartitionOffset[],
  path: string,
): TopicPartitionOffset[] {
  const list = readPartitions(value, path)
  for (const { topic, partition, offset, leaderEpoch, metadata } of list) {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new UsageError(
        `${path}: offset of partition ${partition} of topic '${topic}' must be an integer from 0, got ${describe(offset)}`,
        { topic, partition },
      )
    }
    if (leaderEpoch !== undefined && !Number.isInteger(leaderEpoch)) {
      throw new UsageError(`${path}: leaderEpoch must be an integer, got ${describe(leaderEpoch)}`, {
        topic,
        partition,
      })
    }
    if (metadata !== undefined && metadata !== null && typeof metadata !== 'string') {
      throw new UsageError(`${path}: metadata must be a string, got ${describe(metadata)}`, { topic, partition })
    }
  }
  return list
}

/** The places after a message or batch, or the places given. */
export function readCommit(target: CommitTarget): TopicPartitionOffset[] {
  if (target instanceof Message) {
    const { topic, partition, offset, leaderEpoch } = target
    return [{ topic, partition, offset: offset + 1, leaderEpoch }]
  }
  if (target instanceof MessageBatch) return target.offsets
  return readOffsets(target as TopicPartitionOffset | readonly TopicPartitionOffset[], 'commit()')
}

/** @throws UsageError naming the option of `path` that is unknown or wrong */
export function readCallOptions<T extends object>(
  value: T | undefined,
  checks: { readonly [K in keyof T]-?: (value: unknown) => string | null },
  path: string,
): T {
  if (value === undefined) return {} as T
  if (typeof value !== 'object' || value === null)
    throw new UsageError(`${path}: options must be an object, got ${describe(value)}`)
  for (const [name, given] of Object.entries(value)) {
    const check = checks[name as keyof T]
    if (check === undefined) {
      throw new UsageError(`${path}: unknown option '${name}'${suggestion(name, Object.keys(checks))}`)
    }
    const expected = given === undefined ? null : check(given)
    if (expected !== null) throw new UsageError(`${path}: option '${name}' must be ${expected}, got ${describe(given)}`)
  }
  return value
}

export const isSignal = (value: unknown): string | null => (value instanceof AbortSignal ? null : 'an AbortSignal')

export const isFunction = (value: unknown): string | null => (typeof value === 'function' ? null : 'a function')

export const isBoolean = (value: unknown): string | null => (typeof value === 'boolean' ? null : 'a boolean')

export function isIntegerFrom(min: number): (value: unknown) => string | null {
  return (value) => (Number.isInteger(value) && (value as number) >= min ? null : `an integer from ${min}`)
}
