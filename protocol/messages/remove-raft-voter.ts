import { defineApi } from '../api.ts'
import { int16, int32, nullable, string, uuid } from '../fields.ts'

/** Removes a controller from the voters of the metadata quorum (KIP-853). */
export const removeRaftVoter = defineApi({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: '0',
  flexible: '0+',
  request: {
    clusterId: nullable(string()),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ ignorable: true })),
  },
})
