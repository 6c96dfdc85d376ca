import { defineApi } from '../api.ts'
import { bytes, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Sets and deletes the SCRAM credentials of users (KIP-554). */
export const alterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    deletions: structs({
      name: string(),
      /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      mechanism: int8(),
    }),
    upsertions: structs({
      name: string(),
      /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: structs({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
    }),
  },
})
