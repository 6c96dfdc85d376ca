import { createPartitions as createPartitionsApi } from '../../protocol/messages/create-partitions.ts'
import {
  boolean,
  describe,
  integer,
  invalidOption,
  mistyped,
  type OptionCheck,
  type OptionSchema,
  readOptions,
} from '../options.ts'
import { readBrokerIds } from './broker-ids.ts'
import type { Call } from './call.ts'
import { type CallOptions, callOptions } from './call.ts'
import { notController } from './controller-answers.ts'
import { readEntries } from './names.ts'
import { isUnknown } from './spread.ts'
import { changeTopics } from './topic-changes.ts'

/** To how many partitions a topic grows. */
export interface NewPartitions {
  /** Partitions after the call, not those to be added. */
  totalCount: number
  /** Broker ids for each added partition, in the order of the partitions; chosen by the controller if left out. */
  assignments?: readonly (readonly number[])[]
}

/** Growth by topic name. */
export type PartitionGrowth = Readonly<Record<string, NewPartitions>> | ReadonlyMap<string, NewPartitions>

export interface CreatePartitionsOptions extends CallOptions {
  /** Only check whether the topics could grow. Default false. */
  validateOnly?: boolean
}

export const createPartitionsOptions: OptionSchema<CreatePartitionsOptions & { validateOnly: boolean }> = {
  ...callOptions,
  validateOnly: { check: boolean, default: false },
}

interface CheckedGrowth {
  name: string
  count: number
  assignments: Array<{ brokerIds: number[] }> | null
}

const assignments: OptionCheck<Array<{ brokerIds: number[] }>> = (value, path) => {
  if (!Array.isArray(value)) throw mistyped(path, 'an array with the broker ids of each added partition', value)
  return value.map((brokerIds, i) => ({ brokerIds: readBrokerIds(brokerIds, `${path}[${i}]`) }))
}

const newPartitions: OptionSchema<{ totalCount: number; assignments: Array<{ brokerIds: number[] }> | null }> = {
  totalCount: { check: integer(1), required: true },
  assignments: { check: assignments, default: null },
}

/** @throws UsageError naming the topic and its field */
export function readPartitionGrowth(value: unknown): CheckedGrowth[] {
  const method = 'admin.createPartitions()'
  return readEntries(value, `${method}: topics`).map(([name, each]) => {
    const path = `${method}: topic '${name}'`
    if (each === null || typeof each !== 'object' || Array.isArray(each)) {
      // The name may be none: other clients have an option here whose value lists the topics.
      const expected = `${path}: options must be an object such as { totalCount: 6 }`
      throw invalidOption(`${expected}, got ${describe(each)}; topics are keyed by name`)
    }
    const { totalCount, assignments } = readOptions(path, newPartitions, each)
    return { name, count: totalCount, assignments }
  })
}

/** @throws PartialFailureError */
export async function createPartitions(
  call: Call,
  topics: readonly CheckedGrowth[],
  validateOnly: boolean,
): Promise<void> {
  const counts = new Map(topics.map(({ name, count }) => [name, count]))
  await changeTopics(call, {
    method: 'admin.createPartitions()',
    names: [...counts.keys()],
    send: async (open) => {
      const wanted = topics.filter(({ name }) => open.has(name))
      const body = () => ({ topics: wanted, timeoutMs: call.brokerTimeoutMs, validateOnly })
      const answer = await call.send(createPartitionsApi, body, 'controller', ({ results }) =>
        notController(0, results),
      )
      return answer.results
    },
    result: () => null,
    known: validateOnly
      ? null
      : (topic) =>
          !isUnknown(topic) &&
          topic.partitions.length >= (counts.get(topic.name ?? '') ?? 0) &&
          topic.partitions.every(({ leaderId }) => leaderId >= 0),
  })
}
