import { errorCode } from '../../../protocol/errors.ts'

/** Broker error codes that only groups have to do with. */
export const ILLEGAL_GENERATION = errorCode('ILLEGAL_GENERATION')
export const UNKNOWN_MEMBER_ID = errorCode('UNKNOWN_MEMBER_ID')
export const REBALANCE_IN_PROGRESS = errorCode('REBALANCE_IN_PROGRESS')
export const GROUP_AUTHORIZATION_FAILED = errorCode('GROUP_AUTHORIZATION_FAILED')
export const MEMBER_ID_REQUIRED = errorCode('MEMBER_ID_REQUIRED')
export const FENCED_INSTANCE_ID = errorCode('FENCED_INSTANCE_ID')
