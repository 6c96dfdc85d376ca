import { createServer } from 'node:net'
import { Kafka } from 'kafka-wire'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Cluster } from '../../../src/cluster/cluster.ts'
import { FirstContact } from '../../../src/consumer/first-contact.ts'
import { AuthenticationError, ConnectionError } from '../../../src/errors.ts'
import { eventually } from '../eventually.ts'

/** A contact whose attempts end as listed. */
function contact(...outcomes: Array<Error | null>) {
  const connect = vi.fn(async () => {
    const outcome = outcomes.shift()
    if (outcome) throw outcome
  })
  const events = { made: vi.fn(), failed: vi.fn() }
  return { connect, events, contact: new FirstContact({ connect } as unknown as Cluster, events) }
}

test('is tried once at a time, again after a failure that may pass, and never after a success', async () => {
  const { connect, events, contact: first } = contact(new ConnectionError('closed'), null)
  first.make()
  first.make()
  await eventually(() => expect(events.failed).toHaveBeenCalledOnce())
  expect(connect).toHaveBeenCalledOnce()
  first.make()
  await eventually(() => expect(events.made).toHaveBeenCalledOnce())
  first.make()
  expect(connect).toHaveBeenCalledTimes(2)
  expect(first.isMade).toBe(true)
})

test('refused credentials are not shown a second time', async () => {
  const { connect, events, contact: first } = contact(new AuthenticationError('wrong password'))
  first.make()
  await eventually(() => expect(events.failed).toHaveBeenCalledOnce())
  first.make()
  expect(connect).toHaveBeenCalledOnce()
})

test.each(['assign', 'assign without an offset', 'subscribe'])(
  '%s: next() fails when no broker can be reached, names every address, and tries again when asked again',
  async (how) => {
    const port = await closedPort()
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const kafka = new Kafka({
      bootstrapServers: `127.0.0.1:${port}`,
      defaultApiTimeoutMs: 50,
      retryBackoffMs: 5,
      logger,
    })
    onTestFinished(() => kafka.close())
    const consumer = kafka.consumer({ groupId: 'g' })
    if (how === 'subscribe') await consumer.subscribe('t')
    else consumer.assign([{ topic: 't', partition: 0, ...(how === 'assign' ? { offset: 0 } : {}) }])
    for (let i = 0; i < 2; i++) {
      const error = await consumer
        .messages()
        .next()
        .catch((reason) => reason)
      expect(error).toMatchObject({ name: 'ConnectionError', code: 'BOOTSTRAP_FAILED' })
      expect(error.message).toContain(`127.0.0.1:${port}`)
    }
  },
)

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
