import { defineApi } from '../api.ts'
import { bytes, int16, int32, nullable, string, structs } from '../fields.ts'

/** Takes the leader's assignment and gives each member its own. */
export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '3+', default: null })),
    protocolType: nullable(string({ versions: '5+', default: null, ignorable: true })),
    protocolName: nullable(string({ versions: '5+', default: null, ignorable: true })),
    assignments: structs({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    protocolType: nullable(string({ versions: '5+', default: null, ignorable: true })),
    protocolName: nullable(string({ versions: '5+', default: null, ignorable: true })),
    assignment: bytes(),
  },
})
