import { expect, onTestFinished, test, vi } from 'vitest'
import { Deserialization } from '../../../src/consumer/deserialization.ts'
import { Message } from '../../../src/consumer/message.ts'

test('a key that rejects while the value throws at once is one error, and no unhandled rejection', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  const key = Promise.withResolvers<never>()
  const deserialization = new Deserialization<never, never>(
    () => key.promise,
    () => {
      throw new Error('the value is bad')
    },
  )
  const block = {
    topic: 't',
    partition: 0,
    leaderEpoch: 0,
    timestampType: 'CreateTime' as const,
    baseTimestamp: 0,
    data: Buffer.from('kv'),
  }
  const message = new Message(block, 7, 0, 0, 1, 1, 1, 0, 0)
  expect(() => deserialization.apply(message)).toThrow(
    expect.objectContaining({
      code: 'DESERIALIZATION_FAILED',
      offset: 7,
      message: expect.stringContaining('the value'),
    }),
  )
  key.reject(new Error('the key is bad'))
  // Node reports what nobody handled once the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).not.toHaveBeenCalled()
})
