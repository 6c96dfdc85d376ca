import { defineApi } from '../api.ts'
import { array, boolean, bytes, int16, int32, nullable, string, structs } from '../fields.ts'

/**
 * State, protocol and members of classic groups; a group's coordinator knows. From version 6 on an unknown group is
 * an error, not a dead group (KIP-1043).
 */
export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: '0-6',
  flexible: '5+',
  request: {
    groups: array(string()),
    includeAuthorizedOperations: boolean({ versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    groups: structs({
      errorCode: int16(),
      errorMessage: nullable(string({ versions: '6+', default: null })),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: structs({
        memberId: string(),
        groupInstanceId: nullable(string({ versions: '4+', default: null, ignorable: true })),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ versions: '3+', default: -2147483648 }),
    }),
  },
})
