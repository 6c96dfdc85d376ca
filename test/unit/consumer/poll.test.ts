import { expect, test, vi } from 'vitest'
import { poll } from '../../../src/consumer/poll.ts'
import { KafkaError } from '../../../src/errors.ts'
import { HeldDeserializer, ScriptedDelivery } from './scripted-delivery.ts'

const places = (messages: Array<{ partition: number; offset: number }>): string[] => {
  return messages.map(({ partition, offset }) => `${partition}:${offset}`)
}

test('takes what is at hand in all partitions, up to maxRecords', async () => {
  const script = new ScriptedDelivery()
  for (const partition of [0, 1]) script.feed(script.assign('t', partition), 0, ['a', 'b'])
  expect(places(await poll(script.delivery, { maxRecords: 3, timeoutMs: 0 }))).toEqual(['0:0', '0:1', '1:0'])
  expect(places(await poll(script.delivery, { maxRecords: 3, timeoutMs: 0 }))).toEqual(['1:1'])
})

test('a rebalance in the middle of it waits until what it took is processed', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  const [p, q] = [script.assign('t', 0), script.assign('t', 1)]
  script.feed(p, 0, ['a'])
  script.feed(q, 0, ['b'])
  const polled = poll(script.delivery, { maxRecords: 10, timeoutMs: 60_000 })
  await deserializer.finish('a')
  await deserializer.started('b')
  const revoke = vi.fn(async () => script.partitions.remove(p))
  const revocation = script.delivery.handover.exclusively(revoke)
  await deserializer.finish('b')
  expect(places(await polled)).toEqual(['0:0', '1:0'])
  expect(revoke).not.toHaveBeenCalled()
  expect(await poll(script.delivery, { maxRecords: 10, timeoutMs: 0 })).toEqual([])
  await revocation
  expect(q.processed).toBe(1)
})

test('a rebalance that is wanted ends it with what it has, instead of being waited for', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  for (const [partition, value] of ['a', 'b'].entries()) script.feed(script.assign('t', partition), 0, [value])
  const polled = poll(script.delivery, { maxRecords: 10, timeoutMs: 60_000 })
  await deserializer.started('a')
  const revocation = script.delivery.handover.exclusively(async () => {})
  await deserializer.finish('a')
  expect(places(await polled)).toEqual(['0:0'])
  script.delivery.countPolled()
  await revocation
})

test('takes no longer than timeoutMs while a rebalance is under way', async () => {
  const script = new ScriptedDelivery()
  script.feed(script.assign('t', 0), 0, ['a'])
  const rebalance = Promise.withResolvers<void>()
  const over = script.delivery.handover.exclusively(() => rebalance.promise)
  expect(await poll(script.delivery, { maxRecords: 1, timeoutMs: 5 })).toEqual([])
  rebalance.resolve()
  await over
  expect(await poll(script.delivery, { maxRecords: 1, timeoutMs: 5 })).toHaveLength(1)
})

test('a failure that comes after the first message is thrown by the next poll()', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  script.feed(script.assign('t', 0), 0, ['a'])
  const polled = poll(script.delivery, { maxRecords: 10, timeoutMs: 0 })
  await deserializer.started('a')
  script.delivery.fail(new KafkaError('the callback failed', { code: 'HANDLER_FAILED' }))
  await deserializer.finish('a')
  expect(places(await polled)).toEqual(['0:0'])
  const next = poll(script.delivery, { maxRecords: 10, timeoutMs: 0 })
  await expect(next).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
  expect(await poll(script.delivery, { maxRecords: 10, timeoutMs: 0 })).toEqual([])
})

test('what close() has overtaken is given back', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a'])
  const polled = poll(script.delivery, { maxRecords: 10, timeoutMs: 0 })
  await deserializer.started('a')
  script.delivery.close()
  await deserializer.finish('a')
  expect(await polled).toEqual([])
  expect([p.position, p.processed]).toEqual([0, 0])
})
