import { KafkaError } from './errors.ts'
import { nearestName } from './nearest-name.ts'
import { shown } from './shown.ts'

/**
 * The error codes that brokers answer with, by Kafka's names for them (`org.apache.kafka.common.protocol.Errors`, as of
 * Kafka 4.4.0): number, whether the same request may succeed later, and what it means to a user where the name does not say.
 */
const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'the broker failed in a way it has no name for; its log says more'],
  OFFSET_OUT_OF_RANGE: [1, false, 'the offset is no longer, or not yet, in the log'],
  CORRUPT_MESSAGE: [2, true, 'the record batch does not match its checksum or is malformed'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'the topic or partition does not exist on that broker'],
  INVALID_FETCH_SIZE: [4, false],
  LEADER_NOT_AVAILABLE: [5, true, 'the partition has no leader at the moment'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'the broker does not hold the partition in the needed role'],
  REQUEST_TIMED_OUT: [7, true, 'the broker could not finish the request in time'],
  BROKER_NOT_AVAILABLE: [8, false],
  REPLICA_NOT_AVAILABLE: [9, true],
  MESSAGE_TOO_LARGE: [10, false, 'the record batch is larger than the topic accepts (max.message.bytes)'],
  STALE_CONTROLLER_EPOCH: [11, false],
  OFFSET_METADATA_TOO_LARGE: [12, false],
  NETWORK_EXCEPTION: [13, true],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'the coordinator is still loading its state'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'there is no coordinator at the moment'],
  NOT_COORDINATOR: [16, true, 'the broker does not coordinate this group or transaction'],
  INVALID_TOPIC_EXCEPTION: [17, false, 'the topic name is not allowed'],
  RECORD_LIST_TOO_LARGE: [18, false],
  NOT_ENOUGH_REPLICAS: [19, true, 'fewer replicas are in sync than min.insync.replicas demands; nothing was written'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [
    20,
    true,
    'the records were written, but to fewer replicas than min.insync.replicas demands',
  ],
  INVALID_REQUIRED_ACKS: [21, false, 'acks must be all, 0 or 1'],
  ILLEGAL_GENERATION: [22, false, 'the group has moved on to another generation'],
  INCONSISTENT_GROUP_PROTOCOL: [23, false, 'the members of the group share no assignor, or are of different kinds'],
  INVALID_GROUP_ID: [24, false, 'the group id is not allowed'],
  UNKNOWN_MEMBER_ID: [25, false, 'the group does not have this member (any more)'],
  INVALID_SESSION_TIMEOUT: [26, false, 'sessionTimeoutMs is outside of what the broker allows'],
  REBALANCE_IN_PROGRESS: [27, false, 'the group is rebalancing'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'an ACL forbids the operation on the topic'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'an ACL forbids the operation on the group'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'an ACL forbids the operation on the cluster'],
  INVALID_TIMESTAMP: [32, false, 'the record timestamp is outside of what the topic accepts'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'the broker does not offer this SASL mechanism'],
  ILLEGAL_SASL_STATE: [34, false, 'the request does not fit the state of authentication'],
  UNSUPPORTED_VERSION: [35, false, 'the broker does not support this version of the request, or the feature is off'],
  TOPIC_ALREADY_EXISTS: [36, false, 'a topic of this name exists'],
  INVALID_PARTITIONS: [37, false, 'the number of partitions is not possible'],
  INVALID_REPLICATION_FACTOR: [38, false, 'the replication factor is below 1 or above the number of brokers'],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'the replica assignment is not possible'],
  INVALID_CONFIG: [40, false, 'a configuration is unknown or has a wrong value'],
  NOT_CONTROLLER: [41, true, 'the broker is not the controller'],
  INVALID_REQUEST: [42, false, 'the broker finds the request malformed'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false],
  POLICY_VIOLATION: [44, false, "a policy of the cluster's operators forbids it"],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, 'a record batch before this one is missing'],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, 'the record batch was written before'],
  INVALID_PRODUCER_EPOCH: [47, false, 'the producer epoch is older than the known one'],
  INVALID_TXN_STATE: [48, false],
  INVALID_PRODUCER_ID_MAPPING: [49, false],
  INVALID_TRANSACTION_TIMEOUT: [50, false],
  CONCURRENT_TRANSACTIONS: [51, true],
  TRANSACTION_COORDINATOR_FENCED: [52, false],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'an ACL forbids the use of the transactional id'],
  SECURITY_DISABLED: [54, false],
  OPERATION_NOT_ATTEMPTED: [55, false],
  KAFKA_STORAGE_ERROR: [56, true, 'the broker cannot read or write its disk'],
  LOG_DIR_NOT_FOUND: [57, false],
  SASL_AUTHENTICATION_FAILED: [58, false, 'the credentials were refused'],
  UNKNOWN_PRODUCER_ID: [59, false, 'the broker has forgotten the producer'],
  REASSIGNMENT_IN_PROGRESS: [60, false],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false],
  DELEGATION_TOKEN_NOT_FOUND: [62, false],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false],
  DELEGATION_TOKEN_EXPIRED: [66, false],
  INVALID_PRINCIPAL_TYPE: [67, false],
  NON_EMPTY_GROUP: [68, false],
  GROUP_ID_NOT_FOUND: [69, false],
  FETCH_SESSION_ID_NOT_FOUND: [70, true],
  INVALID_FETCH_SESSION_EPOCH: [71, true],
  LISTENER_NOT_FOUND: [72, true],
  TOPIC_DELETION_DISABLED: [73, false, 'the cluster does not allow topics to be deleted'],
  FENCED_LEADER_EPOCH: [74, true, 'the leader epoch is older than the known one'],
  UNKNOWN_LEADER_EPOCH: [75, true, 'the leader epoch is newer than the known one'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, 'the broker cannot handle this compression'],
  STALE_BROKER_EPOCH: [77, false],
  OFFSET_NOT_AVAILABLE: [78, true],
  MEMBER_ID_REQUIRED: [79, false, 'the member must join again with the id it was given'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true],
  GROUP_MAX_SIZE_REACHED: [81, false, 'the group has as many members as it may have'],
  FENCED_INSTANCE_ID: [82, false, 'another member has joined with the same group instance id'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true],
  ELECTION_NOT_NEEDED: [84, true],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, 'the partition is not being moved'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false],
  INVALID_RECORD: [87, false, 'the broker refuses a record of the batch'],
  UNSTABLE_OFFSET_COMMIT: [88, true],
  THROTTLING_QUOTA_EXCEEDED: [89, true],
  PRODUCER_FENCED: [90, false, 'another producer with the same transactional id has taken over'],
  RESOURCE_NOT_FOUND: [91, false],
  DUPLICATE_RESOURCE: [92, false],
  UNACCEPTABLE_CREDENTIAL: [93, false],
  INCONSISTENT_VOTER_SET: [94, false],
  INVALID_UPDATE_VERSION: [95, false],
  FEATURE_UPDATE_FAILED: [96, false],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false],
  SNAPSHOT_NOT_FOUND: [98, false],
  POSITION_OUT_OF_RANGE: [99, false],
  UNKNOWN_TOPIC_ID: [100, true, 'the broker does not know the topic id'],
  DUPLICATE_BROKER_REGISTRATION: [101, false],
  BROKER_ID_NOT_REGISTERED: [102, false],
  INCONSISTENT_TOPIC_ID: [103, true, 'the topic was deleted and made anew'],
  INCONSISTENT_CLUSTER_ID: [104, false],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true],
  INELIGIBLE_REPLICA: [107, false],
  NEW_LEADER_ELECTED: [108, false],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false],
  FENCED_MEMBER_EPOCH: [110, false],
  UNRELEASED_INSTANCE_ID: [111, false],
  UNSUPPORTED_ASSIGNOR: [112, false],
  STALE_MEMBER_EPOCH: [113, false],
  MISMATCHED_ENDPOINT_TYPE: [114, false],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false],
  UNKNOWN_CONTROLLER_ID: [116, false],
  UNKNOWN_SUBSCRIPTION_ID: [117, false],
  TELEMETRY_TOO_LARGE: [118, false],
  INVALID_REGISTRATION: [119, false],
  TRANSACTION_ABORTABLE: [120, false],
  INVALID_RECORD_STATE: [121, false],
  SHARE_SESSION_NOT_FOUND: [122, true],
  INVALID_SHARE_SESSION_EPOCH: [123, true],
  FENCED_STATE_EPOCH: [124, false],
  INVALID_VOTER_KEY: [125, false],
  DUPLICATE_VOTER: [126, false],
  VOTER_NOT_FOUND: [127, false],
  INVALID_REGULAR_EXPRESSION: [128, false],
  REBOOTSTRAP_REQUIRED: [129, false, 'the client must begin again at its bootstrap addresses'],
  STREAMS_INVALID_TOPOLOGY: [130, false],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false],
  STREAMS_TOPOLOGY_FENCED: [132, false],
  SHARE_SESSION_LIMIT_REACHED: [133, true],
  GROUP_DELETION_FAILED: [134, false],
  STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED: [135, false],
  CONTROLLER_ID_NOT_REGISTERED: [136, false],
} as const satisfies Record<string, readonly [code: number, retriable: boolean, meaning?: string]>

/** Kafka's name of an error code. */
export type BrokerErrorName = keyof typeof table

export interface BrokerErrorInfo {
  readonly name: BrokerErrorName
  readonly code: number
  /** The same request may succeed later. */
  readonly retriable: boolean
  /** One clause in plain words; empty where the name says it all. */
  readonly meaning: string
}

/** Every error code by name. */
export const brokerErrors: Readonly<Record<BrokerErrorName, BrokerErrorInfo>> = Object.fromEntries(
  Object.entries<readonly [number, boolean, string?]>(table).map(([name, [code, retriable, meaning = '']]) => {
    return [name, { name, code, retriable, meaning }]
  }),
) as Record<BrokerErrorName, BrokerErrorInfo>

const byCode = new Map(Object.values(brokerErrors).map((info) => [info.code, info]))

/** What is known of an error code; `undefined` for 0 and for codes newer than this table. */
export function brokerErrorInfo(code: number): BrokerErrorInfo | undefined {
  return byCode.get(code)
}

/** Kafka's name of an error code; `NONE` for 0, `UNKNOWN_SERVER_ERROR` for one newer than this table. */
export function errorName(code: number): BrokerErrorName | 'NONE' {
  return code === 0 ? 'NONE' : (byCode.get(code)?.name ?? 'UNKNOWN_SERVER_ERROR')
}

/**
 * The number of an error code; 0 for `NONE`.
 * @throws KafkaError (`INVALID_ARGUMENT`) on a name that is not in the table
 */
export function errorCode(name: BrokerErrorName | 'NONE'): number {
  if (name === 'NONE') return 0
  if (Object.hasOwn(brokerErrors, name)) return brokerErrors[name].code
  const given = typeof name === 'string' ? `'${name}'` : shown(name)
  const meant = typeof name === 'string' ? nearestName(name, Object.keys(brokerErrors)) : null
  const suggestion = meant === null ? '' : `; did you mean '${meant}'?`
  throw new KafkaError(`No error code has the name ${given}${suggestion}`, { code: 'INVALID_ARGUMENT' })
}
