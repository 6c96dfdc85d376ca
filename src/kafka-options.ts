import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { bootstrapServersCheck } from './cluster/bootstrap-servers.ts'
import { consoleLogger, type Logger } from './diagnostics.ts'
import type { SaslOptions } from './network/sasl/mechanism.ts'
import type { SocketFactory } from './network/socket.ts'
import { checkTlsOptions } from './network/tls-options.ts'
import {
  callable,
  describe,
  integer,
  invalidOption,
  mistyped,
  nonEmptyText,
  type OptionCheck,
  type OptionSchema,
  oneOf,
  optional,
  readOptions,
  text,
} from './options.ts'

/** What every client of one `Kafka` shares. Names are Kafka's own configuration names in camelCase. */
export interface KafkaOptions {
  /** Addresses to begin with: `'a:9092,b:9092'` or a list. One living broker is enough. */
  bootstrapServers: string | readonly string[]
  /** Shown in the broker's logs and quotas. Default `'kafka-wire'`. */
  clientId?: string
  /** TLS: `true` for the system's certificate authorities, or Node's own TLS options. Default `false`. */
  ssl?: boolean | TlsOptions
  /** Credentials; without it the client does not authenticate. */
  sasl?: SaslOptions
  /** How long a broker may take to answer one request before its connection is given up, in ms. Default 30,000. */
  requestTimeoutMs?: number
  /** How long a call with several steps may take, and how long the first contact is tried, in ms. Default 60,000. */
  defaultApiTimeoutMs?: number
  /** How long TCP, TLS and SASL together may take to set a connection up, in ms; doubles with each failure. Default 10,000. */
  socketConnectionSetupTimeoutMs?: number
  /** Up to this, in ms (KIP-601). Default 30,000. */
  socketConnectionSetupTimeoutMaxMs?: number
  /** First pause before a broker is connected to again, in ms; doubles with each failure (KIP-144). Default 50. */
  reconnectBackoffMs?: number
  /** Longest such pause, in ms. Default 1000. */
  reconnectBackoffMaxMs?: number
  /** First pause before a request is tried again, in ms; doubles with each failure (KIP-580). Default 100. */
  retryBackoffMs?: number
  /** Longest such pause, in ms. Default 1000. */
  retryBackoffMaxMs?: number
  /** Metadata is asked for again at least this often, in ms. Default 300,000. */
  metadataMaxAgeMs?: number
  /** A connection without traffic for this long is closed, in ms. Default 540,000. */
  connectionsMaxIdleMs?: number
  /** A frame that claims to be larger than this ends its connection before anything is allocated, in bytes. Default 104,857,600. */
  maxFrameBytes?: number
  /** Receives what the client reports. Default: warnings and errors to the console. */
  logger?: Logger
  /** Makes the TCP (or other) stream to a broker, for proxies; TLS is put on top of it. */
  socketFactory?: SocketFactory
}

type Defaulted = Omit<KafkaOptions, 'sasl' | 'socketFactory'>
export type ResolvedKafkaOptions = Required<Defaulted> & Pick<KafkaOptions, 'sasl' | 'socketFactory'>

const ssl: OptionCheck<boolean | TlsOptions> = (value, path) => {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw mistyped(path, "a boolean or an object of Node's TLS options", value)
  }
  checkTlsOptions(value, path)
  return value
}

const credentials = {
  mechanism: { check: oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'), required: true },
  username: { check: nonEmptyText, required: true },
  password: { check: secret, required: true },
} satisfies OptionSchema<SaslOptions>

/** A wrong password must not be shown in the error about it. */
function secret(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalidOption(`${path} must be a string, got ${typeof value}`)
  return value
}

const sasl: OptionCheck<SaslOptions> = (value, path) => readOptions(path, credentials, value)

const logger: OptionCheck<Logger> = (value, path) => {
  const missing = (['debug', 'info', 'warn', 'error'] as const).find((level) => {
    return typeof (value as Partial<Logger> | null)?.[level] !== 'function'
  })
  if (missing === undefined) return value as Logger
  throw invalidOption(
    `${path} must have the functions debug, info, warn and error; ${missing} is missing in ${describe(value)}`,
  )
}

const milliseconds = integer(1)
const backoff = integer(0)
/** The smallest frame that every broker needs is far below this; a lower limit could only be a mistake. */
const MIN_FRAME_LIMIT = 1024

const schema: OptionSchema<ResolvedKafkaOptions> = {
  bootstrapServers: { check: bootstrapServersCheck, required: true },
  clientId: { check: text, default: 'kafka-wire' },
  ssl: { check: ssl, default: false },
  sasl: optional(sasl),
  requestTimeoutMs: { check: milliseconds, default: 30_000 },
  defaultApiTimeoutMs: { check: milliseconds, default: 60_000 },
  socketConnectionSetupTimeoutMs: { check: milliseconds, default: 10_000 },
  socketConnectionSetupTimeoutMaxMs: { check: milliseconds, default: 30_000 },
  reconnectBackoffMs: { check: backoff, default: 50 },
  reconnectBackoffMaxMs: { check: backoff, default: 1000 },
  retryBackoffMs: { check: backoff, default: 100 },
  retryBackoffMaxMs: { check: backoff, default: 1000 },
  metadataMaxAgeMs: { check: milliseconds, default: 300_000 },
  connectionsMaxIdleMs: { check: milliseconds, default: 540_000 },
  maxFrameBytes: { check: integer(MIN_FRAME_LIMIT), default: 104_857_600 },
  logger: { check: logger, default: consoleLogger },
  socketFactory: optional(callable<SocketFactory>()),
}

/** @throws UsageError naming the option */
export function readKafkaOptions(input: unknown): ResolvedKafkaOptions {
  return readOptions('new Kafka()', schema, input)
}
