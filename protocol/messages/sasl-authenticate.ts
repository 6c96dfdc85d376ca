import { defineApi } from '../api.ts'
import { bytes, int16, int64, nullable, string } from '../fields.ts'

/** One message of a SASL exchange (KIP-152); tells the lifetime of the session (KIP-368). */
export const saslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: nullable(string()),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: '1+', default: 0, ignorable: true }),
  },
})
