import { expect, it, vi } from 'vitest'
import { AuthenticationError, type KafkaError, PartialFailureError, TimeoutError } from '../../../src/errors.ts'
import { BatchDelivery, CallbackDelivery } from '../../../src/producer/delivery.ts'

const METADATA = { topic: 't', partition: 0, offset: 0, timestamp: 0 }

it('a callback is called once, whatever comes after', () => {
  const callback = vi.fn()
  const delivery = new CallbackDelivery(callback)
  const error = new TimeoutError('late')
  delivery.failed(0, error)
  delivery.failed(0, new TimeoutError('later'))
  delivery.succeeded(0, METADATA)
  expect(callback.mock.calls).toEqual([[error, undefined]])
})

it.each([
  ['all failures are', [new TimeoutError('a'), null, new TimeoutError('b')], { retriable: true, fatal: false }],
  ['one is not', [new TimeoutError('a'), new AuthenticationError('b'), null], { retriable: false, fatal: true }],
])('a failed batch is retriable or not: %s', async (_what, outcomes: Array<KafkaError | null>, expected) => {
  const delivery = new BatchDelivery(outcomes.length)
  for (const [i, error] of outcomes.entries()) {
    if (error === null) delivery.succeeded(i, METADATA)
    else delivery.failed(i, error)
  }
  const failure = await delivery.promise.catch((error) => error)
  expect(failure).toBeInstanceOf(PartialFailureError)
  expect(failure).toMatchObject({ ...expected, cause: outcomes[0] })
})
