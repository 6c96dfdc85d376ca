import { defineApi } from '../api.ts'
import { array, int16, string } from '../fields.ts'

/** Chooses the SASL mechanism of a connection. */
export const saslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
})
