/** Broker error codes that only groups have to do with. */
export const ILLEGAL_GENERATION = 22
export const UNKNOWN_MEMBER_ID = 25
export const REBALANCE_IN_PROGRESS = 27
export const GROUP_AUTHORIZATION_FAILED = 30
export const MEMBER_ID_REQUIRED = 79
export const FENCED_INSTANCE_ID = 82
