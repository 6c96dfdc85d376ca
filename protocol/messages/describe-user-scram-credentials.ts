import { defineApi } from '../api.ts'
import { int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** With which mechanisms and iterations users can log in by SCRAM, all users for null (KIP-554). */
export const describeUserScramCredentials = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    users: nullable(
      structs({
        name: string(),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: structs({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
      credentialInfos: structs({
        /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  },
})
