import type { BrokerErrorName } from './error-codes.ts'

export {
  type BrokerErrorInfo,
  type BrokerErrorName,
  brokerErrorInfo,
  brokerErrors,
  errorCode,
  errorName,
} from './error-codes.ts'

/**
 * Stable reason of a {@link KafkaError}: the broker's own error names, and the client's for what no broker says.
 * New members may be added in a minor version; existing ones never change meaning.
 */
export type KafkaErrorCode = BrokerErrorName | ClientErrorCode

/** Reasons that arise in the client itself. */
export type ClientErrorCode =
  | 'ABORTED'
  | 'AUTHENTICATION_FAILED'
  | 'BOOTSTRAP_FAILED'
  | 'CLOSED'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_FAILED'
  | 'DECODE_FAILED'
  | 'DESERIALIZATION_FAILED'
  | 'ENCODE_FAILED'
  | 'HANDLER_FAILED'
  | 'INVALID_ARGUMENT'
  | 'INVALID_OPTION'
  | 'INVALID_STATE'
  | 'NOT_A_KAFKA_BROKER'
  | 'NO_OFFSET'
  | 'PARTIAL_FAILURE'
  | 'SERIALIZATION_FAILED'
  | 'TIMED_OUT'

/** What a {@link KafkaError} can say about itself beside its message; each is set only where it is known. */
export interface KafkaErrorDetails {
  code?: KafkaErrorCode
  /** The same call may succeed later without any change. */
  retriable?: boolean
  /** The client that threw it cannot be used any more. */
  fatal?: boolean
  /** The running transaction must be aborted; the client can go on after that. */
  abortable?: boolean
  cause?: unknown
  /** `host:port`, with the broker's id where it is known: `host:port (id 1)`. */
  broker?: string
  /** Kafka's API name, such as `Produce`. */
  api?: string
  topic?: string
  partition?: number
  offset?: number
  /** Of a batch that cannot be read: the offset to seek to in order to pass over it. */
  nextOffset?: number
  /** For a record that was not acknowledged: whether the cluster can have it all the same. */
  persisted?: 'no' | 'maybe' | 'yes'
}

/** The base of every error that kafka-wire throws. */
export class KafkaError extends Error {
  /** Stable reason, to branch on; see {@link KafkaErrorCode}. */
  readonly code: KafkaErrorCode
  /** The same call may succeed later without any change. */
  readonly retriable: boolean
  /** The client that threw it cannot be used any more. */
  readonly fatal: boolean
  /** The running transaction must be aborted; the client can go on after that. */
  readonly abortable: boolean
  declare readonly broker?: string
  declare readonly api?: string
  declare readonly topic?: string
  declare readonly partition?: number
  declare readonly offset?: number
  /** Of a batch that cannot be read: the offset to seek to in order to pass over it. */
  declare readonly nextOffset?: number
  declare readonly persisted?: 'no' | 'maybe' | 'yes'

  constructor(message: string, details: KafkaErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code ?? 'INVALID_STATE'
    this.retriable = details.retriable ?? false
    this.fatal = details.fatal ?? false
    this.abortable = details.abortable ?? false
    // Only what is known becomes a property: an inspected error stays short.
    for (const key of ['broker', 'api', 'topic', 'partition', 'offset', 'nextOffset', 'persisted'] as const) {
      if (details[key] !== undefined) Object.defineProperty(this, key, { value: details[key], enumerable: true })
    }
  }
}

/** Where in a message a {@link DecodeError} or {@link EncodeError} arose. */
export interface CodecErrorDetails extends KafkaErrorDetails {
  version?: number
  /** Path of the field, such as `topics[2].partitions[0].records`. */
  field?: string
  /** Byte position in the frame or buffer that was read. */
  position?: number
}

/** Bytes that are not what Kafka's protocol says they must be. Nothing of the message was used. */
export class DecodeError extends KafkaError {
  declare readonly version?: number
  declare readonly field?: string
  declare readonly position?: number

  constructor(message: string, details: CodecErrorDetails = {}) {
    super(message, { code: 'DECODE_FAILED', ...details })
    defineCodecDetails(this, details)
  }
}

/** A value that cannot be written in the chosen version of a message. Nothing was sent. */
export class EncodeError extends KafkaError {
  declare readonly version?: number
  declare readonly field?: string

  constructor(message: string, details: CodecErrorDetails = {}) {
    super(message, { code: 'ENCODE_FAILED', ...details })
    defineCodecDetails(this, details)
  }
}

function defineCodecDetails(error: KafkaError, details: CodecErrorDetails): void {
  for (const key of ['version', 'field', 'position'] as const) {
    if (details[key] !== undefined) Object.defineProperty(error, key, { value: details[key], enumerable: true })
  }
}
