import { brokerErrorInfo, KafkaError, type KafkaErrorCode, type KafkaErrorDetails } from '../protocol/errors.ts'

export type { ClientErrorCode, KafkaErrorCode, KafkaErrorDetails } from '../protocol/errors.ts'
export { DecodeError, EncodeError, KafkaError } from '../protocol/errors.ts'

/** What a subclass fills in by itself and a caller may still override. */
type Details = Partial<KafkaErrorDetails>

/** An error code in a broker's answer. `code` is Kafka's name for it, `errorCode` its number. */
export class BrokerError extends KafkaError {
  /** Kafka's error number; kept as it came where the client does not know it (`code` is then `UNKNOWN_SERVER_ERROR`). */
  readonly errorCode: number

  constructor(message: string, details: Details & { code: KafkaErrorCode; errorCode: number }) {
    super(message, details)
    this.errorCode = details.errorCode
  }
}

/** A connection could not be made, was lost, or led to something that is not a Kafka broker. Usually retriable. */
export class ConnectionError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'CONNECTION_CLOSED', retriable: true, ...details })
  }
}

/** Credentials or certificates were refused. Never retried: repeating it can lock an account. */
export class AuthenticationError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'AUTHENTICATION_FAILED', fatal: true, ...details, retriable: false })
  }
}

/** The kinds of thing that an ACL can protect. */
export type ResourceType = 'cluster' | 'delegation token' | 'group' | 'topic' | 'transactional id'

/** An ACL of the cluster forbids the operation on `resourceType` `resourceName`. */
export class AuthorizationError extends BrokerError {
  readonly resourceType: ResourceType
  readonly resourceName: string

  constructor(
    message: string,
    details: Details & { code: KafkaErrorCode; errorCode: number; resourceType: ResourceType; resourceName: string },
  ) {
    super(message, details)
    this.resourceType = details.resourceType
    this.resourceName = details.resourceName
  }
}

/** Something took longer than it may; the message says what was waited for and how long. */
export class TimeoutError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'TIMED_OUT', retriable: true, ...details })
  }
}

/** Client and broker share no version of an API, or the broker does not have it. */
export class UnsupportedVersionError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'UNSUPPORTED_VERSION', ...details })
  }
}

/** A key or value could not be turned into bytes, or back. */
export class SerializationError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'SERIALIZATION_FAILED', ...details })
  }
}

/** Another producer with the same transactional id has taken over. */
export class ProducerFencedError extends BrokerError {
  constructor(message: string, details: Details & { errorCode: number }) {
    super(message, { code: 'PRODUCER_FENCED', fatal: true, ...details })
  }
}

/** The client was closed before or while the call ran. */
export class ClosedError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'CLOSED', ...details })
  }
}

/** The caller's mistake: an option, an argument, or a call that does not fit the state of the client. */
export class UsageError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'INVALID_ARGUMENT', ...details })
  }
}

/** The caller's `signal` was aborted; `cause` is its reason. */
export class AbortError extends KafkaError {
  constructor(message: string, details: Details = {}) {
    super(message, { code: 'ABORTED', ...details })
  }
}

/** Of a call about several things some failed; `results` has the outcome of each, in the shape that the call documents. */
export class PartialFailureError<Results> extends KafkaError {
  declare readonly results: Results

  constructor(message: string, results: Results, details: Details = {}) {
    super(message, { code: 'PARTIAL_FAILURE', ...details })
    // Not enumerable: a thousand outcomes would bury the message when the error is printed.
    Object.defineProperty(this, 'results', { value: results, enumerable: false })
  }
}

const PROTECTED_RESOURCE: Partial<Record<KafkaErrorCode, ResourceType>> = {
  CLUSTER_AUTHORIZATION_FAILED: 'cluster',
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 'delegation token',
  GROUP_AUTHORIZATION_FAILED: 'group',
  TOPIC_AUTHORIZATION_FAILED: 'topic',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'transactional id',
}

/**
 * Turns a broker's error code into the exception for it.
 * @param subject what the error is about, as its message begins: `Topic 'rides'`
 * @param details `message` is the broker's own explanation, if it gave one; `resource` names what an ACL may protect,
 * if that is not the topic
 */
export function brokerError(
  errorCode: number,
  subject: string,
  details: Omit<KafkaErrorDetails, 'code'> & { message?: string | null; resource?: string } = {},
): BrokerError {
  const { message, resource, ...rest } = details
  const info = brokerErrorInfo(errorCode)
  const code = info?.name ?? 'UNKNOWN_SERVER_ERROR'
  const explanation = message || info?.meaning || (info === undefined ? 'an error code unknown to this client' : '')
  const text = `${subject}: ${code} (${errorCode})${explanation === '' ? '' : `: ${explanation}`}`
  const resourceType = PROTECTED_RESOURCE[code]
  if (resourceType !== undefined) {
    const resourceName = resource ?? (resourceType === 'topic' ? rest.topic : undefined) ?? ''
    return new AuthorizationError(text, { ...rest, code, errorCode, resourceType, resourceName })
  }
  if (code === 'PRODUCER_FENCED') return new ProducerFencedError(text, { ...rest, errorCode })
  return new BrokerError(text, { retriable: info?.retriable ?? false, ...rest, code, errorCode })
}
