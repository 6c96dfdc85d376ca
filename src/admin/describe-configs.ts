import type { ResponseOf } from '../../protocol/api.ts'
import { describeConfigs as describeConfigsApi } from '../../protocol/messages/describe-configs.ts'
import { boolean, invalidOption, type OptionCheck, type OptionSchema, optional } from '../options.ts'
import { type Call, type CallOptions, callOptions } from './call.ts'
import {
  askAboutResources,
  type ConfigResourceType,
  type NamedResource,
  namedResource,
  outcomesOf,
  RESOURCE_TYPES,
  readResources,
} from './config-resources.ts'
import { readNames } from './names.ts'
import { type ByName, byName } from './outcomes.ts'

/** DescribeConfigs since this version has explanations (KIP-569). */
const FIRST_WITH_DOCUMENTATION = 3

/** Whose configuration is meant. */
export interface ConfigResource {
  type: ConfigResourceType
  /** Name of the topic, group or metrics subscription; id of the broker (`''`: what all brokers of the cluster share). */
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

/** The configuration of one resource: all defaults for a group or a metrics subscription that does not exist. */
export interface ResourceConfig {
  type: ConfigResourceType
  name: string
  /** What the broker does not know is not among them, also if `configNames` asked for it. */
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
  /** Null where the broker does not say: before 2.6, and for loggers. */
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

interface CheckedResource extends NamedResource {
  configNames: string[] | undefined
}

const configNames: OptionCheck<string[]> = (value, path) => {
  const names = readNames(value, path)
  // Brokers take that for all of them.
  if (names.length === 0) throw invalidOption(`${path} is empty; leave it out for all configurations`)
  return names
}

const resource: OptionSchema<CheckedResource> = { ...namedResource, configNames: optional(configNames) }

/** @throws UsageError naming the resource and its field */
export function readDescribedResources(value: unknown): CheckedResource[] {
  return readResources(value, 'admin.describeConfigs(): resources', resource)
}

/** @throws PartialFailureError whose results stand in the order of the resources */
export async function describeConfigs(
  call: Call,
  resources: readonly CheckedResource[],
  { includeSynonyms, includeDocumentation }: { includeSynonyms: boolean; includeDocumentation: boolean },
): Promise<ResourceConfig[]> {
  return askAboutResources(call, 'admin.describeConfigs()', resources, 'any', async (asked, route) => {
    const named = asked.map(({ type, name, configNames }) => ({
      resourceType: RESOURCE_TYPES[type],
      resourceName: name,
      configurationKeys: configNames ?? null,
    }))
    const body = (version: number) => ({
      resources: named,
      includeSynonyms,
      includeDocumentation: includeDocumentation && version >= FIRST_WITH_DOCUMENTATION,
    })
    const { results } = await call.send(describeConfigsApi, body, route)
    return outcomesOf(asked, results, ({ type, name }, { configs }) => ({
      type,
      name,
      configs: byName(configs.map(entry)),
    }))
  })
}

type Result = ResponseOf<typeof describeConfigsApi>['results'][number]

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
