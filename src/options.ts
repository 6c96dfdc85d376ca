import { nearestName, plainName } from '../protocol/nearest-name.ts'
import { UsageError } from './errors.ts'

/** Checks one option's value: returns it (perhaps normalised), or throws a `UsageError` that names `path`. */
export type OptionCheck<T> = (value: unknown, path: string) => T

/** The options of one client: a check and, unless the option is required or may be absent, a default for each. */
export type OptionSchema<T> = {
  readonly [K in keyof T]-?: { check: OptionCheck<T[K]>; default?: T[K]; required?: boolean }
}

/**
 * Validates what a user passed against a schema, and fills in the defaults.
 * An option that is `undefined` counts as not given.
 * @throws UsageError naming the unknown, missing or mistyped option.
 */
export function readOptions<T extends object>(owner: string, schema: OptionSchema<T>, input: unknown): T {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw invalidOption(`${owner}: options must be an object, got ${describe(input)}`)
  }
  const known = Object.keys(schema)
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(schema, name)) {
      throw invalidOption(`${owner}: unknown option '${name}'${suggestion(name, known)}`)
    }
  }
  const result: Record<string, unknown> = {}
  for (const name of known) {
    const option = schema[name as keyof T]
    const value = (input as Record<string, unknown>)[name]
    if (value !== undefined) result[name] = option.check(value, `${owner}: option '${name}'`)
    else if (option.required) throw invalidOption(`${owner}: option '${name}' is required`)
    else result[name] = option.default
  }
  return result as T
}

/** A value that may be left out. */
export function optional<T>(check: OptionCheck<T>): { check: OptionCheck<T | undefined>; default: undefined } {
  return { check, default: undefined }
}

export const boolean: OptionCheck<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw mistyped(path, 'a boolean', value)
  return value
}

export const text: OptionCheck<string> = (value, path) => {
  if (typeof value !== 'string') throw mistyped(path, 'a string', value)
  return value
}

export const nonEmptyText: OptionCheck<string> = (value, path) => {
  if (typeof value !== 'string' || value === '') throw mistyped(path, 'a non-empty string', value)
  return value
}

/** An integer of `min` to `max`, both included; `max` defaults to Kafka's int32. */
export function integer(min: number, max: number = 2 ** 31 - 1): OptionCheck<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw mistyped(path, 'an integer', value)
    if (value < min || value > max) throw invalidOption(`${path} must be from ${min} to ${max}, got ${value}`)
    return value
  }
}

export function oneOf<const T extends string | number>(...allowed: T[]): OptionCheck<T> {
  return (value, path) => {
    if (!allowed.includes(value as T)) {
      throw mistyped(path, `one of ${allowed.map((each) => describe(each)).join(', ')}`, value)
    }
    return value as T
  }
}

// biome-ignore lint/complexity/noBannedTypes: callers name the signature; here only "callable" can be checked
export function callable<T extends Function>(): OptionCheck<T> {
  return (value, path) => {
    if (typeof value !== 'function') throw mistyped(path, 'a function', value)
    return value as T
  }
}

export const abortSignal: OptionCheck<AbortSignal> = (value, path) => {
  if (value instanceof AbortSignal) return value
  throw mistyped(path, 'an AbortSignal', value)
}

export function mistyped(path: string, expected: string, value: unknown): UsageError {
  return invalidOption(`${path} must be ${expected}, got ${describe(value)}`)
}

export function invalidOption(message: string): UsageError {
  return new UsageError(message, { code: 'INVALID_OPTION' })
}

/** How a wrong value is named in an error: short, and never its whole content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return value.length > 60 ? `a string of ${value.length} characters` : `'${value}'`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  return `${/^[AEIOU]/.test(value.constructor?.name ?? 'Object') ? 'an' : 'a'} ${value.constructor?.name ?? 'Object'}`
}

/**
 * What other clients call the options, and Kafka what has another form here: the option, and how to say the same with it
 * if that is not plain.
 */
const NAMES_ELSEWHERE: Readonly<Record<string, readonly [option: string, instead?: string]>> = {
  acknowledgments: ['acks'],
  allowAutoTopicCreation: ['allowAutoCreateTopics'],
  authenticationTimeout: ['socketConnectionSetupTimeoutMs'],
  autoCommit: ['enableAutoCommit'],
  autoCommitInterval: ['autoCommitIntervalMs'],
  brokers: ['bootstrapServers'],
  compression: ['compressionType'],
  configEntries: ['configs'],
  connectionTimeout: ['socketConnectionSetupTimeoutMs'],
  count: ['totalCount'],
  createPartitioner: ['partitioner'],
  fromBeginning: ['autoOffsetReset', "autoOffsetReset: 'earliest'"],
  idempotent: ['enableIdempotence'],
  logCreator: ['logger'],
  logLevel: ['logger'],
  maxBytes: ['fetchMaxBytes'],
  maxBytesPerPartition: ['maxPartitionFetchBytes'],
  maxInFlightRequests: ['maxInFlightRequestsPerConnection'],
  maxWaitTimeInMs: ['fetchMaxWaitMs'],
  metadataBrokerList: ['bootstrapServers'],
  minBytes: ['fetchMinBytes'],
  mode: ['autoOffsetReset'],
  partitionAssigners: ['partitionAssignmentStrategy'],
  rackId: ['clientRack'],
  readUncommitted: ['isolationLevel', "isolationLevel: 'read_uncommitted'"],
  rebalanceTimeout: ['maxPollIntervalMs'],
  replicaAssignment: ['assignments'],
  replicaAssignments: ['assignments'],
  replicas: ['replicationFactor'],
  replicasAssignments: ['assignments'],
  retries: ['deliveryTimeoutMs', 'deliveryTimeoutMs: retries go on until then'],
  retry: ['defaultApiTimeoutMs', 'defaultApiTimeoutMs, within which calls are retried, and retryBackoffMs'],
  saslMechanism: ['sasl', 'sasl: { mechanism, username, password }'],
  securityProtocol: ['ssl', 'ssl and sasl'],
  servers: ['bootstrapServers'],
  topic: ['name'],
}

/** The end of an error about an unknown name: what is likeliest meant, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const elsewhere = Object.keys(NAMES_ELSEWHERE).find((each) => plainName(each) === plainName(name))
  const [option = '', instead = null] = elsewhere === undefined ? [] : NAMES_ELSEWHERE[elsewhere]
  if (known.includes(option)) return instead === null ? `; did you mean '${option}'?` : `; use ${instead}`
  const meant = nearestName(name, known)
  return meant === null ? '' : `; did you mean '${meant}'?`
}
