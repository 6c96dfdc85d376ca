import { defineApi } from '../api.ts'
import { bytes, int16, int32, int64, nullable, string, structs } from '../fields.ts'

/** Delegation tokens by their owners, all that may be seen for null (KIP-48, KIP-373). */
export const describeDelegationToken = defineApi({
  key: 41,
  name: 'DescribeDelegationToken',
  versions: '1-3',
  flexible: '2+',
  request: {
    owners: nullable(
      structs({
        principalType: string(),
        principalName: string(),
      }),
    ),
  },
  response: {
    errorCode: int16(),
    tokens: structs({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ versions: '3+' }),
      tokenRequesterPrincipalName: string({ versions: '3+' }),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: structs({
        principalType: string(),
        principalName: string(),
      }),
    }),
    throttleTimeMs: int32(),
  },
})
