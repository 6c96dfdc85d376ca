import type { Route } from '../cluster/cluster.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { brokerError, KafkaError } from '../errors.ts'
import { describe, invalidOption, mistyped, type OptionSchema, oneOf, readOptions, text } from '../options.ts'
import type { Call } from './call.ts'
import { everyResult, type Outcome, outcomeOf } from './outcomes.ts'

/** Kinds of resources that have configurations, and Kafka's numbers for them. */
export const RESOURCE_TYPES = { topic: 2, broker: 4, 'broker-logger': 8, 'client-metrics': 16, group: 32 } as const

export type ConfigResourceType = keyof typeof RESOURCE_TYPES

/** What the answers of all calls about configurations say of a resource. */
interface ResourceAnswer {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Whose configuration is meant; a call that needs more about each spreads the schema into its own. */
export interface NamedResource {
  type: ConfigResourceType
  name: string
}

export const namedResource: OptionSchema<NamedResource> = {
  type: { check: oneOf(...(Object.keys(RESOURCE_TYPES) as ConfigResourceType[])), required: true },
  name: { check: text, required: true },
}

/**
 * Resources, each once: brokers refuse, or answer as one, what is asked about a resource twice.
 * @throws UsageError naming the resource and its field; `path` is how the error calls the list
 */
export function readResources<T extends NamedResource>(value: unknown, path: string, schema: OptionSchema<T>): T[] {
  if (!Array.isArray(value)) throw mistyped(path, 'an array', value)
  const seen = new Set<string>()
  return value.map((each: unknown, i) => {
    const resource = readOptions(`${path}[${i}]`, schema, each)
    const { type, name } = resource
    const option = `${path}[${i}]: option 'name'`
    if (type === 'broker' || type === 'broker-logger') {
      // Levels of logging belong to a process; there are none that brokers share.
      const isShared = type === 'broker' && name === ''
      if (!isShared && !isBrokerId(name)) throw mistyped(`${option} of a ${type}`, "a broker's id", name)
    } else if (name === '') throw mistyped(option, 'a non-empty string', name)
    const key = resourceKey(RESOURCE_TYPES[type], name)
    if (seen.has(key)) throw invalidOption(`${path} names ${type} ${describe(name)} twice`)
    seen.add(key)
    return resource
  })
}

/** Whether it is how brokers write an id: '01' would be another resource than '1', and the same broker. */
function isBrokerId(name: string): boolean {
  return /^\d+$/.test(name) && String(Number(name) | 0) === name
}

/** A key for maps and sets, of a resource as requests and answers name it. */
export function resourceKey(resourceType: number, resourceName: string): string {
  return `${resourceType} ${resourceName}`
}

/** What a broker's answer holds for each of the resources, in their order. */
export function outcomesOf<A extends ResourceAnswer, T>(
  resources: readonly NamedResource[],
  answers: readonly A[],
  result: (resource: NamedResource, answer: A) => T,
): Array<Outcome<T>> {
  const byResource = new Map(answers.map((each) => [resourceKey(each.resourceType, each.resourceName), each]))
  return resources.map((resource) => {
    const { type, name } = resource
    const answer = byResource.get(resourceKey(RESOURCE_TYPES[type], name))
    if (answer?.errorCode === 0) return result(resource, answer)
    return brokerError(answer?.errorCode ?? UNKNOWN_SERVER_ERROR, `Configuration of ${type} ${describe(name)}`, {
      message: answer === undefined ? 'the broker left it out' : answer.errorMessage,
      topic: type === 'topic' ? name : undefined,
      // What the ACLs protect is the cluster where it is not the topic or the group.
      resource: type === 'group' ? name : undefined,
    })
  })
}

/**
 * Asks each broker about itself, and about the rest by the route given, all at the same time. A broker that cannot be
 * asked is no reason to hide what the others say.
 * @param rest where to go with what is about no single broker: `'any'` only if nothing is changed
 * @param ask resolves with the outcome of each of the resources, in their order
 * @throws PartialFailureError whose results stand in the order of the resources
 */
export async function askAboutResources<R extends NamedResource, T>(
  call: Call,
  method: string,
  resources: readonly R[],
  rest: 'any' | 'controller',
  ask: (resources: readonly R[], route: Route) => Promise<ReadonlyArray<Outcome<T>>>,
): Promise<T[]> {
  const outcomes = new Array<Outcome<T>>(resources.length)
  const brokers = new Set(resources.map(brokerOf))
  await Promise.all(
    Array.from(brokers, async (broker) => {
      const indexes = [...resources.keys()].filter((i) => brokerOf(resources[i]) === broker)
      const asked = indexes.map((i) => resources[i])
      const asking = async (): Promise<ReadonlyArray<Outcome<T>>> => {
        if (broker !== null) await call.requireBroker(broker)
        return ask(asked, broker === null ? rest : { broker })
      }
      const answers = await outcomeOf(call, asking())
      indexes.forEach((i, n) => {
        outcomes[i] = answers instanceof KafkaError ? answers : answers[n]
      })
    }),
  )
  return everyResult(method, outcomes)
}

/** The broker that has to be asked, or null if it is about no single one. */
function brokerOf({ type, name }: NamedResource): number | null {
  return (type === 'broker' || type === 'broker-logger') && name !== '' ? Number(name) : null
}
