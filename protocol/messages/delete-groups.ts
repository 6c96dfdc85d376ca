import { defineApi } from '../api.ts'
import { array, int16, int32, nullable, string, structs } from '../fields.ts'

/** Deletes groups without members, and their offsets; each group's coordinator does (KIP-229). */
export const deleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  versions: '0-3',
  flexible: '2+',
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    results: structs({
      groupId: string(),
      errorCode: int16(),
      errorMessage: nullable(string({ versions: '3+', default: null, ignorable: true })),
    }),
  },
})
