import { EncodeError } from './errors.ts'
import { shown } from './shown.ts'

/** The id that stands for "no id". A uuid is Kafka's text for it: 16 bytes in base64url, 22 characters. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

// The last of the 22 characters has two bits of the 128; four more would be lost.
const pattern = /^[A-Za-z0-9_-]{21}[AQgw]$/

/** Throws an EncodeError unless `value` is a uuid in Kafka's text form. */
export function checkUuid(value: unknown): asserts value is string {
  if (typeof value !== 'string' || !pattern.test(value)) {
    if (typeof value !== 'string') throw new EncodeError(`${shown(value)} is not a uuid of 22 base64url characters`)
    const text = JSON.stringify(value.slice(0, 40))
    throw new EncodeError(
      /^[A-Za-z0-9_-]{22}$/.test(value)
        ? `${text} is not a uuid: the last of the 22 characters can only be A, Q, g or w`
        : `${text} is not a uuid of 22 base64url characters`,
    )
  }
}
