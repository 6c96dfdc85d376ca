import { defineApi } from '../api.ts'
import { int16, int32, nullable, string } from '../fields.ts'

/** Keeps a member in its classic group, and tells it of a rebalance. */
export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '3+', default: null })),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
  },
})
