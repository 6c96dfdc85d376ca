import { errorCode } from '../../protocol/errors.ts'

/**
 * What broker error codes mean for the choice of the broker. They are grouped here, once, because
 * producers, consumers and admin draw the same conclusions from them.
 */

export const NONE = 0
export const UNKNOWN_SERVER_ERROR = errorCode('UNKNOWN_SERVER_ERROR')
export const UNKNOWN_TOPIC_OR_PARTITION = errorCode('UNKNOWN_TOPIC_OR_PARTITION')
export const LEADER_NOT_AVAILABLE = errorCode('LEADER_NOT_AVAILABLE')
export const NOT_LEADER_OR_FOLLOWER = errorCode('NOT_LEADER_OR_FOLLOWER')
export const REPLICA_NOT_AVAILABLE = errorCode('REPLICA_NOT_AVAILABLE')
export const COORDINATOR_LOAD_IN_PROGRESS = errorCode('COORDINATOR_LOAD_IN_PROGRESS')
export const COORDINATOR_NOT_AVAILABLE = errorCode('COORDINATOR_NOT_AVAILABLE')
export const NOT_COORDINATOR = errorCode('NOT_COORDINATOR')
export const INVALID_TOPIC_EXCEPTION = errorCode('INVALID_TOPIC_EXCEPTION')
export const TOPIC_AUTHORIZATION_FAILED = errorCode('TOPIC_AUTHORIZATION_FAILED')
export const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')
export const KAFKA_STORAGE_ERROR = errorCode('KAFKA_STORAGE_ERROR')
export const LISTENER_NOT_FOUND = errorCode('LISTENER_NOT_FOUND')
export const FENCED_LEADER_EPOCH = errorCode('FENCED_LEADER_EPOCH')
export const UNKNOWN_LEADER_EPOCH = errorCode('UNKNOWN_LEADER_EPOCH')
export const UNKNOWN_TOPIC_ID = errorCode('UNKNOWN_TOPIC_ID')
export const INCONSISTENT_TOPIC_ID = errorCode('INCONSISTENT_TOPIC_ID')

const STALE_METADATA: ReadonlySet<number> = new Set([
  UNKNOWN_TOPIC_OR_PARTITION,
  LEADER_NOT_AVAILABLE,
  NOT_LEADER_OR_FOLLOWER,
  REPLICA_NOT_AVAILABLE,
  NOT_CONTROLLER,
  KAFKA_STORAGE_ERROR,
  LISTENER_NOT_FOUND,
  FENCED_LEADER_EPOCH,
  UNKNOWN_LEADER_EPOCH,
  UNKNOWN_TOPIC_ID,
  INCONSISTENT_TOPIC_ID,
])

/** The broker that was asked is not, or not yet, the right one: look at fresh metadata before trying again. */
export function meansStaleMetadata(errorCode: number): boolean {
  return STALE_METADATA.has(errorCode)
}

/** The broker that was asked does not, or not yet, coordinate this group or transaction. */
export function meansWrongCoordinator(errorCode: number): boolean {
  return errorCode === NOT_COORDINATOR || errorCode === COORDINATOR_NOT_AVAILABLE
}
