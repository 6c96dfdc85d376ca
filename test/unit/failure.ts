import { expect } from 'vitest'
import { KafkaError } from '../../src/errors.ts'

/** The error that a promise is rejected with, which must be one of the client's own. */
export async function failure(promise: Promise<unknown>): Promise<KafkaError> {
  const error = await promise.then(
    () => new Error('it was resolved'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(KafkaError)
  return error as KafkaError
}
