import { defineApi } from '../api.ts'
import { int16, int32, nullable, string, structs } from '../fields.ts'

/** Leaves a classic group; several members at once from version 3 on (KIP-345). */
export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: structs(
      {
        memberId: string(),
        groupInstanceId: nullable(string({ default: null })),
        reason: nullable(string({ versions: '5+', default: null, ignorable: true })),
      },
      { versions: '3+' },
    ),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    members: structs(
      {
        memberId: string(),
        groupInstanceId: nullable(string()),
        errorCode: int16(),
      },
      { versions: '3+' },
    ),
  },
})
