/**
 * What broker error codes mean for the choice of the broker. They are grouped here, once, because
 * producers, consumers and admin draw the same conclusions from them.
 */

export const NONE = 0
export const UNKNOWN_TOPIC_OR_PARTITION = 3
export const LEADER_NOT_AVAILABLE = 5
export const NOT_LEADER_OR_FOLLOWER = 6
export const REPLICA_NOT_AVAILABLE = 9
export const COORDINATOR_LOAD_IN_PROGRESS = 14
export const COORDINATOR_NOT_AVAILABLE = 15
export const NOT_COORDINATOR = 16
export const INVALID_TOPIC_EXCEPTION = 17
export const TOPIC_AUTHORIZATION_FAILED = 29
export const NOT_CONTROLLER = 41
export const KAFKA_STORAGE_ERROR = 56
export const LISTENER_NOT_FOUND = 72
export const FENCED_LEADER_EPOCH = 74
export const UNKNOWN_LEADER_EPOCH = 75
export const UNKNOWN_TOPIC_ID = 100
export const INCONSISTENT_TOPIC_ID = 103

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
