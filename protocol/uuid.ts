import { EncodeError } from './errors.ts'

/** The id that stands for "no id". A uuid is Kafka's text for it: 16 bytes in base64url, 22 characters. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

const pattern = /^[A-Za-z0-9_-]{22}$/

/** Throws an EncodeError unless `value` is a uuid in Kafka's text form. */
export function checkUuid(value: unknown): asserts value is string {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new EncodeError(`${JSON.stringify(value)} is not a uuid of 22 base64url characters`)
  }
}
