import type { ResponseOf } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import { describeConfigs as describeConfigsApi } from '../../protocol/messages/describe-configs.ts'
import type { Route } from '../cluster/cluster.ts'
import { brokerError, ConnectionError, KafkaError } from '../errors.ts'
import { boolean, invalidOption, mistyped, type OptionSchema, oneOf, optional, readOptions, text } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import { readNames } from './names.ts'
import { type ByName, byName, type Outcome, partialFailure } from './outcomes.ts'

/** DescribeConfigs since this version has explanations (KIP-569). */
const FIRST_WITH_DOCUMENTATION = 3

const RESOURCE_TYPES = { topic: 2, broker: 4, 'broker-logger': 8, 'client-metrics': 16, group: 32 } as const

export type ConfigResourceType = keyof typeof RESOURCE_TYPES

/** Whose configuration is meant. */
export interface ConfigResource {
  type: ConfigResourceType
  /** Name of the topic or group; id of the broker (`''`: what all brokers of the cluster share). */
  name: string
  /** Only these configurations. Default: all. */
  configNames?: readonly string[]
}

export interface DescribeConfigsOptions extends CallOptions {
  /** Also the places that a value would come from if it were not set here. Default false. */
  includeSynonyms?: boolean
  /** Also the broker's explanations, from brokers of Kafka 2.6 on. Default false. */
  includeDocumentation?: boolean
}

export const describeConfigsOptions: OptionSchema<
  DescribeConfigsOptions & { includeSynonyms: boolean; includeDocumentation: boolean }
> = {
  ...callOptions,
  includeSynonyms: { check: boolean, default: false },
  includeDocumentation: { check: boolean, default: false },
}

/** The configuration of one resource. */
export interface ResourceConfig {
  type: ConfigResourceType
  name: string
  configs: ByName<ConfigEntry>
}

export interface ConfigEntry {
  name: string
  /** Null where it is not set, and where it is a secret. */
  value: string | null
  /** Where the value comes from. */
  source: ConfigSource
  isReadOnly: boolean
  isSensitive: boolean
  /** Null from brokers before 2.6. */
  type: ConfigType | null
  /** The places a value can come from, first the one in force; only with `includeSynonyms`. */
  synonyms: Array<{ name: string; value: string | null; source: ConfigSource }>
  /** Only with `includeDocumentation`. */
  documentation: string | null
}

const CONFIG_SOURCES = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
  'DYNAMIC_BROKER_LOGGER_CONFIG',
  'DYNAMIC_CLIENT_METRICS_CONFIG',
  'DYNAMIC_GROUP_CONFIG',
] as const

export type ConfigSource = (typeof CONFIG_SOURCES)[number]

const CONFIG_TYPES = [null, 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'] as const

export type ConfigType = NonNullable<(typeof CONFIG_TYPES)[number]>

interface CheckedResource {
  type: ConfigResourceType
  name: string
  configNames: string[] | undefined
}

const resource: OptionSchema<CheckedResource> = {
  type: { check: oneOf(...(Object.keys(RESOURCE_TYPES) as ConfigResourceType[])), required: true },
  name: { check: text, required: true },
  configNames: optional(readNames),
}

/** @throws UsageError naming the resource and its field */
export function readResources(value: unknown): CheckedResource[] {
  const path = 'admin.describeConfigs(): resources'
  if (!Array.isArray(value)) throw mistyped(path, 'an array', value)
  return value.map((each, i) => {
    const checked = readOptions(`${path}[${i}]`, resource, each)
    const isBroker = checked.type === 'broker' || checked.type === 'broker-logger'
    if (isBroker && !/^\d*$/.test(checked.name)) {
      throw invalidOption(
        `${path}[${i}]: option 'name' of a ${checked.type} must be a broker's id, got '${checked.name}'`,
      )
    }
    if (!isBroker && checked.name === '') throw mistyped(`${path}[${i}]: option 'name'`, 'a non-empty string', '')
    return checked
  })
}

/** @throws PartialFailureError whose results stand in the order of the resources */
export async function describeConfigs(
  call: Call,
  resources: readonly CheckedResource[],
  options: { includeSynonyms: boolean; includeDocumentation: boolean },
): Promise<ResourceConfig[]> {
  const outcomes = new Array<Outcome<ResourceConfig>>(resources.length)
  const unanswered: KafkaError[] = []
  // Only a broker itself knows its configuration; all other resources are known to every broker.
  const brokers = new Set(resources.map(brokerOf))
  await Promise.all(
    [...brokers].map(async (broker) => {
      const indexes = [...resources.keys()].filter((i) => brokerOf(resources[i]) === broker)
      const asked = indexes.map((i) => resources[i])
      const answers = await describeAt(call, broker, asked, options).catch((error: unknown) => {
        // One broker that cannot be asked is no reason to hide what the others say; the end of the call is.
        if (!(error instanceof KafkaError) || call.signal.aborted) throw error
        unanswered.push(error)
        return asked.map(() => error)
      })
      indexes.forEach((i, n) => {
        outcomes[i] = answers[n]
      })
    }),
  )
  if (unanswered.length > 0 && unanswered.length === brokers.size) throw unanswered[0]
  const failures = outcomes.filter((outcome) => outcome instanceof KafkaError)
  if (failures.length > 0) throw partialFailure('admin.describeConfigs()', resources.length, failures, outcomes)
  return outcomes as ResourceConfig[]
}

/** The broker that has to be asked, or null if any will do. */
function brokerOf({ type, name }: CheckedResource): number | null {
  return (type === 'broker' || type === 'broker-logger') && name !== '' ? Number(name) : null
}

async function describeAt(
  call: Call,
  broker: number | null,
  resources: readonly CheckedResource[],
  options: { includeSynonyms: boolean; includeDocumentation: boolean },
): Promise<Array<Outcome<ResourceConfig>>> {
  const route: Route = broker === null ? 'any' : { broker }
  const asked = resources.map(({ type, name, configNames }) => ({
    resourceType: RESOURCE_TYPES[type],
    resourceName: name,
    configurationKeys: configNames ?? null,
  }))
  if (broker !== null) await known(call, broker)
  const body = (version: number) => ({
    resources: asked,
    includeSynonyms: options.includeSynonyms,
    includeDocumentation: options.includeDocumentation && version >= FIRST_WITH_DOCUMENTATION,
  })
  const { results } = await call.send(describeConfigsApi, body, route)
  return resources.map((each, i) => outcome(each, results, asked[i]))
}

/** An id that no broker has would be waited for until time is up. */
async function known(call: Call, broker: number): Promise<void> {
  if (call.cluster.metadata.brokers.has(broker)) return
  const { brokers } = await call.refresh()
  if (brokers.has(broker)) return
  throw new ConnectionError(
    `Broker ${broker} is not in the cluster; its brokers are ${[...brokers.keys()].join(', ')}`,
    {
      code: 'BROKER_NOT_AVAILABLE',
    },
  )
}

type Result = ResponseOf<typeof describeConfigsApi>['results'][number]

function outcome(
  { type, name }: CheckedResource,
  results: readonly Result[],
  asked: { resourceType: number; resourceName: string },
): Outcome<ResourceConfig> {
  const found = results.find((result) => {
    return result.resourceType === asked.resourceType && result.resourceName === asked.resourceName
  })
  if (found?.errorCode === 0) return { type, name, configs: byName(found.configs.map(entry)) }
  return brokerError(found?.errorCode ?? errorCode('UNKNOWN_SERVER_ERROR'), `Configuration of ${type} '${name}'`, {
    message: found === undefined ? 'the broker left it out' : found.errorMessage,
    topic: type === 'topic' ? name : undefined,
    resource: name,
  })
}

function entry(config: Result['configs'][number]): [name: string, entry: ConfigEntry] {
  const { name, value, configSource, readOnly, isSensitive, configType, synonyms, documentation } = config
  return [
    name,
    {
      name,
      value,
      source: sourceOf(configSource),
      isReadOnly: readOnly,
      isSensitive,
      type: CONFIG_TYPES[configType] ?? null,
      synonyms: synonyms.map(({ name, value, source }) => ({ name, value, source: sourceOf(source) })),
      documentation,
    },
  ]
}

function sourceOf(code: number): ConfigSource {
  return CONFIG_SOURCES[code] ?? 'UNKNOWN'
}
