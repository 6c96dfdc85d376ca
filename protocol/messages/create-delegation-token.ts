import { defineApi } from '../api.ts'
import { bytes, int16, int32, int64, nullable, string, structs } from '../fields.ts'

/** Makes a token that others can log in with, for a while, in the name of its owner (KIP-48, KIP-373). */
export const createDelegationToken = defineApi({
  key: 38,
  name: 'CreateDelegationToken',
  versions: '1-3',
  flexible: '2+',
  request: {
    ownerPrincipalType: nullable(string({ versions: '3+' })),
    ownerPrincipalName: nullable(string({ versions: '3+' })),
    renewers: structs({
      principalType: string(),
      principalName: string(),
    }),
    maxLifetimeMs: int64(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ versions: '3+' }),
    tokenRequesterPrincipalName: string({ versions: '3+' }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  },
})
