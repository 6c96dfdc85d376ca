import { defineApi } from '../api.ts'
import { boolean, bytes, int16, int32, nullable, string, structs } from '../fields.ts'

/** Joins a classic group; answered when all members have joined. */
export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '5+', default: null })),
    protocolType: string(),
    protocols: structs({
      name: string(),
      metadata: bytes(),
    }),
    reason: nullable(string({ versions: '8+', default: null, ignorable: true })),
  },
  response: {
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: nullable(string({ versions: '7+', default: null, ignorable: true })),
    protocolName: nullable(string(), '7+'),
    leader: string(),
    skipAssignment: boolean({ versions: '9+', default: false }),
    memberId: string(),
    members: structs({
      memberId: string(),
      groupInstanceId: nullable(string({ versions: '5+', default: null, ignorable: true })),
      metadata: bytes(),
    }),
  },
})
