import { defineApi } from '../api.ts'
import { boolean, int16, int32, nullable, string, structs, uint16, uuid } from '../fields.ts'

/** Adds a controller to the voters of the metadata quorum (KIP-853). */
export const addRaftVoter = defineApi({
  key: 80,
  name: 'AddRaftVoter',
  versions: '0-1',
  flexible: '0+',
  request: {
    clusterId: nullable(string()),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: structs({
      name: string(),
      host: string(),
      port: uint16(),
    }),
    ackWhenCommitted: boolean({ versions: '1+', default: true }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ ignorable: true })),
  },
})
