import { defineApi } from '../api.ts'
import { array, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/**
 * Which broker coordinates a group, transactional id or share group; many keys at once from version 4 on (KIP-699).
 */
export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    key: string({ versions: '0-3' }),
    keyType: int8({ versions: '1+', default: 0 }),
    coordinatorKeys: array(string(), { versions: '4+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: nullable(string({ versions: '1-3', ignorable: true })),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: structs(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ ignorable: true })),
      },
      { versions: '4+' },
    ),
  },
})
