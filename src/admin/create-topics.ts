import { createTopics as createTopicsApi } from '../../protocol/messages/create-topics.ts'
import { UnsupportedVersionError } from '../errors.ts'
import {
  boolean,
  integer,
  invalidOption,
  mistyped,
  nonEmptyText,
  type OptionCheck,
  type OptionSchema,
  readOptions,
} from '../options.ts'
import { readBrokerIds } from './broker-ids.ts'
import type { Call, CallOptions } from './call.ts'
import { callOptions } from './call.ts'
import { notController } from './controller-answers.ts'
import { readEntries, refuseRepetition } from './names.ts'
import type { ByName } from './outcomes.ts'
import { isUnknown } from './spread.ts'
import { changeTopics } from './topic-changes.ts'

/** A topic to be made. */
export interface NewTopic {
  name: string
  /** −1, the default, leaves it to the broker's `num.partitions`; brokers before 2.4 need a number. */
  numPartitions?: number
  /** −1, the default, leaves it to the broker's `default.replication.factor`; brokers before 2.4 need a number. */
  replicationFactor?: number
  /** Configuration of the topic, such as `{ 'retention.ms': 3_600_000 }`. */
  configs?: TopicConfigs
  /** Broker ids by partition, in place of `numPartitions` and `replicationFactor`; the first of each is preferred as leader. */
  assignments?: ReplicaAssignments
}

type ConfigValue = string | number | boolean | null
export type TopicConfigs = Readonly<Record<string, ConfigValue>> | ReadonlyMap<string, ConfigValue>
export type ReplicaAssignments = Readonly<Record<number, readonly number[]>> | ReadonlyMap<number, readonly number[]>

/** What a topic was made with. */
export interface CreatedTopic {
  /** Kafka's id of the topic (KIP-516); the zero id from brokers before 2.8, and without meaning under `validateOnly`. */
  topicId: string
  /** −1 from brokers before 2.4, and where the ACLs forbid to see it. */
  numPartitions: number
  /** −1 from brokers before 2.4, and where the ACLs forbid to see it. */
  replicationFactor: number
}

export interface CreateTopicsOptions extends CallOptions {
  /** Only check whether the topics could be made. Default false. */
  validateOnly?: boolean
}

export const createTopicsOptions: OptionSchema<CreateTopicsOptions & { validateOnly: boolean }> = {
  ...callOptions,
  validateOnly: { check: boolean, default: false },
}

interface CheckedTopic {
  name: string
  numPartitions: number
  replicationFactor: number
  configs: Array<{ name: string; value: string | null }>
  assignments: Array<{ partitionIndex: number; brokerIds: number[] }>
}

const BROKER_DEFAULT = -1
/** CreateTopics since this version knows the brokers' defaults (KIP-464). */
const FIRST_WITH_DEFAULTS = 4

const configs: OptionCheck<CheckedTopic['configs']> = (value, path) => {
  return readEntries(value, path).map(([name, each]) => {
    if (each !== null && !['string', 'number', 'boolean'].includes(typeof each)) {
      throw mistyped(`${path}: '${name}'`, 'a string, a number, a boolean or null', each)
    }
    return { name, value: each === null ? null : String(each) }
  })
}

const assignments: OptionCheck<CheckedTopic['assignments']> = (value, path) => {
  const entries = value instanceof Map ? [...value] : readEntries(value, path)
  const result = entries.map(([partition, brokerIds]) => ({
    partitionIndex: integer(0)(partitionNumber(partition), `a key of ${path}`),
    brokerIds: readBrokerIds(brokerIds, `${path}, partition ${String(partition)}`),
  }))
  const given = new Set(result.map(({ partitionIndex }) => partitionIndex))
  const missing = result.findIndex((_, i) => !given.has(i))
  if (missing !== -1) throw invalidOption(`${path} leaves out partition ${missing}`)
  return result
}

/** Keys of an object are text; only what a number is written as counts as one. */
function partitionNumber(key: unknown): unknown {
  return typeof key === 'string' && String(Number(key)) === key ? Number(key) : key
}

/** A count of which -1 means the broker's default. */
function count(max: number): OptionCheck<number> {
  const positive = integer(1, max)
  return (value, path) => (value === BROKER_DEFAULT ? BROKER_DEFAULT : positive(value, path))
}

const newTopic: OptionSchema<CheckedTopic> = {
  name: { check: nonEmptyText, required: true },
  numPartitions: { check: count(2 ** 31 - 1), default: BROKER_DEFAULT },
  replicationFactor: { check: count(2 ** 15 - 1), default: BROKER_DEFAULT },
  configs: { check: configs, default: [] },
  assignments: { check: assignments, default: [] },
}

/** @throws UsageError naming the topic and its field */
export function readNewTopics(value: unknown): CheckedTopic[] {
  const method = 'admin.createTopics()'
  if (!Array.isArray(value)) throw mistyped(`${method}: topics`, 'an array', value)
  const topics = value.map((each, i) => {
    const path = `${method}: topics[${i}]`
    const topic = readOptions(path, newTopic, each)
    const counted = topic.numPartitions !== BROKER_DEFAULT || topic.replicationFactor !== BROKER_DEFAULT
    if (topic.assignments.length > 0 && counted) {
      throw invalidOption(`${path}: 'assignments' takes the place of 'numPartitions' and 'replicationFactor'`)
    }
    return topic
  })
  refuseRepetition(
    topics.map(({ name }) => name),
    `${method}: topics`,
  )
  return topics
}

/** @throws PartialFailureError; UnsupportedVersionError for a broker default that the brokers do not know */
export async function createTopics(
  call: Call,
  topics: readonly CheckedTopic[],
  validateOnly: boolean,
): Promise<ByName<CreatedTopic>> {
  return changeTopics(call, {
    method: 'admin.createTopics()',
    names: topics.map(({ name }) => name),
    send: async (open) => {
      const wanted = topics.filter(({ name }) => open.has(name))
      const body = (version: number) => {
        if (version < FIRST_WITH_DEFAULTS) wanted.forEach(refuseBrokerDefaults)
        return { topics: wanted, timeoutMs: call.brokerTimeoutMs, validateOnly }
      }
      const answer = await call.send(createTopicsApi, body, 'controller', ({ topics }) => notController(0, topics))
      return answer.topics
    },
    result: ({ topicId, numPartitions, replicationFactor }) => ({ topicId, numPartitions, replicationFactor }),
    known: validateOnly
      ? null
      : (topic) => !isUnknown(topic) && topic.partitions.every(({ leaderId }) => leaderId >= 0),
  })
}

function refuseBrokerDefaults({ name, numPartitions, replicationFactor, assignments }: CheckedTopic): void {
  if (assignments.length > 0) return
  const missing = [
    ...(numPartitions === BROKER_DEFAULT ? ['numPartitions'] : []),
    ...(replicationFactor === BROKER_DEFAULT ? ['replicationFactor'] : []),
  ]
  if (missing.length === 0) return
  throw new UnsupportedVersionError(
    `Topic '${name}' needs ${missing.join(' and ')}: brokers before Kafka 2.4 do not let a client ask for their defaults`,
    { api: 'CreateTopics', topic: name },
  )
}
