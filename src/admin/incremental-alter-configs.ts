import { incrementalAlterConfigs as incrementalAlterConfigsApi } from '../../protocol/messages/incremental-alter-configs.ts'
import { boolean, invalidOption, mistyped, type OptionCheck, type OptionSchema } from '../options.ts'
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
import { notController } from './controller-answers.ts'
import { readEntries } from './names.ts'

type ConfigValue = string | number | boolean

/**
 * What becomes of one configuration: a value sets it, `null` takes it away so that the default is in force again, and
 * lists such as `cleanup.policy` can grow and shrink by the entries named.
 */
export type ConfigChange =
  | ConfigValue
  | null
  | { append: ConfigValue | readonly ConfigValue[] }
  | { subtract: ConfigValue | readonly ConfigValue[] }

/** Changes by the configuration's name. */
export type ConfigChanges = Readonly<Record<string, ConfigChange>> | ReadonlyMap<string, ConfigChange>

/** One resource, and what of its configuration changes; all else stays as it is. */
export interface ConfigAlteration {
  type: ConfigResourceType
  /** Name of the topic, group or metrics subscription; id of the broker (`''`: what all brokers of the cluster share). */
  name: string
  configs: ConfigChanges
}

export interface IncrementalAlterConfigsOptions extends CallOptions {
  /** Only check whether the changes could be made. Default false. */
  validateOnly?: boolean
}

export const incrementalAlterConfigsOptions: OptionSchema<IncrementalAlterConfigsOptions & { validateOnly: boolean }> =
  {
    ...callOptions,
    validateOnly: { check: boolean, default: false },
  }

const SET = 0
const DELETE = 1
const LIST_OPERATIONS = { append: 2, subtract: 3 } as const

interface CheckedChange {
  name: string
  configOperation: number
  value: string | null
}

interface CheckedAlteration extends NamedResource {
  configs: CheckedChange[]
}

const configs: OptionCheck<CheckedChange[]> = (value, path) => {
  const changes = readEntries(value, path).map(([name, each]) => change(name, each, `${path}: '${name}'`))
  if (changes.length === 0) throw invalidOption(`${path} names no configuration to change`)
  return changes
}

const alteration: OptionSchema<CheckedAlteration> = { ...namedResource, configs: { check: configs, required: true } }

function change(name: string, value: unknown, path: string): CheckedChange {
  if (value === null) return { name, configOperation: DELETE, value: null }
  if (isValue(value)) return { name, configOperation: SET, value: String(value) }
  const operations = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
  const [operation, entries] = operations[0] ?? []
  if (operations.length !== 1 || (operation !== 'append' && operation !== 'subtract')) {
    throw mistyped(path, 'a string, a number, a boolean, null, { append } or { subtract }', value)
  }
  const list = Array.isArray(entries) ? entries : [entries]
  const wrong = list.find((entry) => !isValue(entry))
  if (list.length === 0 || wrong !== undefined || list.includes(undefined)) {
    throw mistyped(`${path}: ${operation}`, 'an entry of the list or an array of them', list.length === 0 ? [] : wrong)
  }
  return { name, configOperation: LIST_OPERATIONS[operation], value: list.join(',') }
}

function isValue(value: unknown): value is ConfigValue {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value))
}

/** @throws UsageError naming the resource and its field */
export function readAlterations(value: unknown): CheckedAlteration[] {
  return readResources(value, 'admin.incrementalAlterConfigs(): resources', alteration)
}

/** @throws PartialFailureError whose results stand in the order of the resources */
export async function incrementalAlterConfigs(
  call: Call,
  alterations: readonly CheckedAlteration[],
  validateOnly: boolean,
): Promise<void> {
  await askAboutResources(call, 'admin.incrementalAlterConfigs()', alterations, 'controller', async (asked, route) => {
    const resources = asked.map(({ type, name, configs }) => ({
      resourceType: RESOURCE_TYPES[type],
      resourceName: name,
      configs,
    }))
    const { responses } = await call.send(incrementalAlterConfigsApi, { resources, validateOnly }, route, (answer) =>
      notController(0, answer.responses),
    )
    return outcomesOf(asked, responses, () => null)
  })
}
