import { expect, test } from 'vitest'
import { DeliveryIterator } from '../../../src/consumer/delivery-iterator.ts'
import type { FetchedBatch } from '../../../src/consumer/fetched-batch.ts'
import type { Message, Message as WireMessage } from '../../../src/consumer/message.ts'
import { DecodeError, KafkaError } from '../../../src/errors.ts'
import { eventually } from '../eventually.ts'
import { HeldDeserializer, ScriptedDelivery } from './scripted-delivery.ts'

function iterate<V>(
  script: ScriptedDelivery<V>,
  signal?: AbortSignal,
): DeliveryIterator<Message<Buffer, V>, Buffer, V> {
  return new DeliveryIterator(script.delivery, 'messages()', (partition) => script.delivery.take(partition), signal)
}

test('asking for the next message counts the one before', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c'])
  const messages = iterate(script)
  await messages.next()
  expect([p.position, p.processed]).toEqual([1, 0])
  await messages.next()
  expect([p.position, p.processed]).toEqual([2, 1])
  expect(p.processedEpoch).toBe(4)
})

test('return() gives the message back; the next iteration starts with it, and nothing is decoded again', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c'])
  for await (const message of iterate(script)) if (message.offset === 1) break
  expect([p.position, p.processed]).toEqual([1, 1])
  const again = iterate(script)
  expect((await again.next()).value?.offset).toBe(1)
  expect((await again.next()).value?.offset).toBe(2)
})

test('a batch that spans several fetched ones is fetched once more when it is given back', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b'])
  script.feed(p, 2, ['c', 'd'])
  const take = (partition: typeof p): ReturnType<typeof script.delivery.takeBatch> =>
    script.delivery.takeBatch(partition, 3)
  for await (const batch of new DeliveryIterator(script.delivery, 'batches()', take)) {
    expect(batch.map(({ offset }) => offset)).toEqual([0, 1, 2])
    break
  }
  expect([p.position, p.processed, p.fetchOffset]).toEqual([0, 0, 0])
})

test('partitions take turns, one fetched batch each', async () => {
  const script = new ScriptedDelivery()
  const [p, q] = [script.assign('t', 0), script.assign('t', 1)]
  for (const partition of [p, q]) {
    script.feed(partition, 0, ['a', 'b'])
    script.feed(partition, 2, ['c'])
  }
  const seen: string[] = []
  for await (const { partition, offset } of iterate(script)) {
    seen.push(`${partition}:${offset}`)
    if (seen.length === 6) break
  }
  expect(seen).toEqual(['0:0', '0:1', '1:0', '1:1', '0:2', '1:2'])
})

test('calls that do not wait for each other get one message each, in order', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  const messages = iterate(script)
  const answers = [messages.next(), messages.next(), messages.next()]
  script.feed(p, 0, ['a'])
  script.feed(p, 1, ['b', 'c'])
  expect((await Promise.all(answers)).map(({ value }) => value?.offset)).toEqual([0, 1, 2])
})

test('records that nobody may see move the place on, once everything before them is processed', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a'])
  script.feed(p, 1, [], 5)
  const messages = iterate(script)
  await messages.next()
  expect(p.processed).toBe(0)
  const waiting = messages.next()
  await eventually(() => expect([p.position, p.processed]).toEqual([5, 5]))
  await messages.return()
  expect(await waiting).toEqual({ value: undefined, done: true })
})

test('a seek in the loop undoes what was decoded', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c'])
  const messages = iterate(script)
  await messages.next()
  p.seek(7)
  script.feed(p, 7, ['x'])
  expect((await messages.next()).value?.offset).toBe(7)
})

test('a pause in the loop stops the partition at once; resuming goes on where it was', async () => {
  const script = new ScriptedDelivery()
  const [p, q] = [script.assign('t', 0), script.assign('t', 1)]
  script.feed(p, 0, ['a', 'b'])
  script.feed(q, 0, ['x'])
  const messages = iterate(script)
  await messages.next()
  p.paused = true
  expect((await messages.next()).value).toMatchObject({ partition: 1, offset: 0 })
  p.paused = false
  expect((await messages.next()).value).toMatchObject({ partition: 0, offset: 1 })
})

test('a rebalance waits for next(), and next() waits for it', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b'])
  const messages = iterate(script)
  await messages.next()
  const events: string[] = []
  let finish = (): void => {}
  const revocation = script.delivery.handover.exclusively(async () => {
    events.push(`revoking, processed ${p.processed}`)
    await new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  await Promise.resolve()
  expect(events).toEqual([])
  const next = messages.next().then(({ value }) => events.push(`message ${value?.offset}`))
  await eventually(() => expect(events).toEqual(['revoking, processed 1']))
  finish()
  await revocation
  await next
  expect(events).toEqual(['revoking, processed 1', 'message 1'])
})

test('after the loop was left, a rebalance waits for nobody', async () => {
  const script = new ScriptedDelivery()
  script.feed(script.assign('t', 0), 0, ['a', 'b'])
  for await (const _ of iterate(script)) break
  await expect(script.delivery.handover.exclusively(async () => 'done')).resolves.toBe('done')
})

test('a corrupt batch is fetched once more, then thrown with its place; other partitions go on', async () => {
  const script = new ScriptedDelivery()
  const [p, q] = [script.assign('t', 0), script.assign('t', 1)]
  const corrupt = {
    byteLength: 1,
    baseOffset: 1,
    nextOffset: 2,
    decode: () => {
      throw new DecodeError('wrong checksum', { code: 'CORRUPT_MESSAGE' })
    },
  }
  script.feed(p, 0, ['a'])
  script.feedBatch(p, corrupt)
  const first = iterate(script)
  expect((await first.next()).value?.offset).toBe(0)
  const waiting = first.next()
  await eventually(() => expect(script.warnings).toHaveLength(1))
  expect([p.fetchOffset, p.position]).toEqual([1, 1])
  script.feedBatch(p, corrupt)
  const place = { topic: 't', partition: 0, offset: 1, nextOffset: 2 }
  await expect(waiting).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE', ...place })
  expect(p.position).toBe(1)
  // It comes up again each time it is fetched, and never keeps the others from going on.
  script.feedBatch(p, corrupt)
  script.feed(q, 0, ['x'])
  const second = iterate(script)
  expect((await second.next()).value).toMatchObject({ partition: 1, offset: 0 })
  await expect(second.next()).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' })
  p.seek(2)
  script.feed(p, 2, ['c'])
  expect((await iterate(script).next()).value?.offset).toBe(2)
})

test('a batch that is too large by an option is thrown at once, with the place kept', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  const tooLarge = {
    byteLength: 1,
    baseOffset: 1,
    nextOffset: 2,
    decode: () => {
      throw new DecodeError('too large', { code: 'MESSAGE_TOO_LARGE' })
    },
  }
  script.feed(p, 0, ['a'])
  script.feedBatch(p, tooLarge)
  const iterator = iterate(script)
  expect((await iterator.next()).value?.offset).toBe(0)
  await expect(iterator.next()).rejects.toMatchObject({ name: 'DecodeError', code: 'MESSAGE_TOO_LARGE' })
  expect([script.warnings.length, p.position, p.fetchOffset]).toEqual([0, 1, 1])
})

test('an error that no retry cures ends the iteration once; a fatal one every time', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.delivery.fail(new KafkaError('forbidden', { code: 'GROUP_AUTHORIZATION_FAILED' }))
  const failed = iterate(script)
  await expect(failed.next()).rejects.toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED' })
  expect(await failed.next()).toEqual({ value: undefined, done: true })
  script.feed(p, 0, ['a'])
  const messages = iterate(script)
  expect((await messages.next()).value?.offset).toBe(0)
  await messages.return()
  script.delivery.fail(new KafkaError('fenced', { code: 'FENCED_INSTANCE_ID', fatal: true }))
  for (let i = 0; i < 2; i++) await expect(iterate(script).next()).rejects.toMatchObject({ code: 'FENCED_INSTANCE_ID' })
})

test('an async deserializer that fails keeps the place; the message comes again', async () => {
  let broken = true
  const script = new ScriptedDelivery<number>({
    valueDeserializer: async (_topic, data) => {
      if (broken && String(data) === '2') throw new Error('not yet')
      return Number(data)
    },
  })
  const p = script.assign('t', 0)
  script.feed(p, 0, ['1', '2', '3'])
  const messages = iterate(script)
  expect((await messages.next()).value?.value).toBe(1)
  await expect(messages.next()).rejects.toMatchObject({ code: 'DESERIALIZATION_FAILED', offset: 1 })
  expect([p.position, p.processed]).toEqual([1, 1])
  broken = false
  const again = iterate(script)
  expect((await again.next()).value?.value).toBe(2)
  expect((await again.next()).value?.value).toBe(3)
})

test('the event loop turns while messages are at hand', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(
    p,
    0,
    Array.from({ length: 500 }, () => 'x'),
  )
  let turned = false
  setImmediate(() => {
    turned = true
  })
  let seen = 0
  for await (const _ of iterate(script)) {
    // Code that never waits, and takes a while.
    const until = performance.now() + 0.2
    while (performance.now() < until);
    if (++seen === 400 || turned) break
  }
  expect(turned).toBe(true)
  expect(seen).toBeLessThan(400)
})

test('a batch that is given back is asked for again, for nothing else would start a fetch of it', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  for (const offset of [0, 1, 2]) script.feed(p, offset, ['a'])
  const batches = new DeliveryIterator(script.delivery, 'batches()', (each) => script.delivery.takeBatch(each, 2))
  await batches.next()
  script.roomFor.length = 0
  await batches.return()
  expect(script.roomFor).toEqual(['t-0'])
  expect([p.fetchOffset, p.processedEpoch]).toEqual([0, -1])
})

test('what is given back comes before an error that was fetched after it', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  for (const offset of [0, 1]) script.feed(p, offset, ['a'])
  const batches = new DeliveryIterator(script.delivery, 'batches()', (each) => script.delivery.takeBatch(each, 2))
  await batches.next()
  p.error = new KafkaError('forbidden', { code: 'TOPIC_AUTHORIZATION_FAILED' })
  await batches.return()
  script.feed(p, 0, ['a', 'a'])
  expect((await iterate(script).next()).value?.offset).toBe(0)
})

test('what is given back keeps the epoch of what is processed', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  for (const offset of [0, 1, 2]) script.feed(p, offset, ['a'])
  const lengths = [1, 2]
  const batches = new DeliveryIterator(script.delivery, 'batches()', (each) => {
    return script.delivery.takeBatch(each, lengths.shift() as number)
  })
  await batches.next()
  await batches.next()
  await batches.return()
  expect([p.fetchOffset, p.processed, p.processedEpoch]).toEqual([1, 1, 4])
})

test('return() takes back what a pending next() was about to deliver', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c'])
  const messages = iterate(script)
  const first = messages.next()
  await deserializer.finish('a')
  await first
  const pending = messages.next()
  const returned = messages.return()
  await deserializer.finish('b')
  expect(await pending).toEqual({ value: undefined, done: true })
  await returned
  expect([p.position, p.processed]).toEqual([1, 1])
  const again = iterate(script).next()
  expect((await again).value?.offset).toBe(1)
})

test('return() during a decode: the next iteration begins after it, and misses nothing', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  const decoded = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  script.feed(p, 0, ['a', 'b'])
  const slow = p.dequeue() as FetchedBatch
  script.feedBatch(p, {
    ...slow,
    decode: async (position) => {
      started.resolve()
      await decoded.promise
      return slow.decode(position)
    },
  })
  script.feed(p, 2, ['c', 'd'])
  const abandoned = iterate(script)
  const pending = abandoned.next()
  await started.promise
  const returned = abandoned.return()
  await expect(iterate(script).next()).rejects.toMatchObject({ name: 'UsageError' })
  decoded.resolve()
  await returned
  expect(await pending).toEqual({ value: undefined, done: true })
  const messages = iterate(script)
  const offsets = [messages.next(), messages.next(), messages.next(), messages.next()]
  expect((await Promise.all(offsets)).map(({ value }) => value?.offset)).toEqual([0, 1, 2, 3])
})

test('a rebalance waits for a message that is being deserialized, as for one in hand', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b'])
  const messages = iterate(script)
  const events: string[] = []
  const first = messages.next().then(({ value }) => events.push(`message ${value?.offset}`))
  await deserializer.started('a')
  const revocation = script.delivery.handover.exclusively(async () => {
    events.push('revoked')
    script.partitions.remove(p)
  })
  await deserializer.finish('a')
  await first
  expect(events).toEqual(['message 0'])
  const second = messages.next()
  await revocation
  expect(events).toEqual(['message 0', 'revoked'])
  await messages.return()
  expect(await second).toEqual({ value: undefined, done: true })
})

test('a batch whose partition is sought elsewhere while it is put together is not delivered', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a'])
  const slow = Promise.withResolvers<WireMessage[]>()
  const started = Promise.withResolvers<void>()
  script.feedBatch(p, {
    byteLength: 1,
    baseOffset: 1,
    nextOffset: 2,
    decode: () => {
      started.resolve()
      return slow.promise
    },
  })
  const batches = new DeliveryIterator(script.delivery, 'batches()', (each) => script.delivery.takeBatch(each, 5))
  const pending = batches.next()
  await started.promise
  p.seek(7)
  slow.resolve([])
  await new Promise((resolve) => setImmediate(resolve))
  script.feed(p, 7, ['x'])
  const { value } = await pending
  expect(value?.map(({ offset }) => offset)).toEqual([7])
  expect(value?.offsets).toMatchObject([{ offset: 8 }])
})

test('what comes before a corrupt batch is delivered although that one is fetched once more', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a'])
  script.feedBatch(p, {
    byteLength: 1,
    baseOffset: 1,
    nextOffset: 2,
    decode: () => {
      throw new DecodeError('wrong checksum', { code: 'CORRUPT_MESSAGE' })
    },
  })
  const batches = new DeliveryIterator(script.delivery, 'batches()', (each) => script.delivery.takeBatch(each, 5))
  const { value } = await batches.next()
  expect(value?.map(({ offset }) => offset)).toEqual([0])
  expect(value?.offsets).toMatchObject([{ offset: 1 }])
})

test.each([
  [
    'throws at once',
    (): never => {
      throw new Error('bad')
    },
  ],
  ['rejects later', (): Promise<never> => Promise.reject(new Error('bad'))],
])('any number of messages can be skipped in a row when the deserializer %s', async (_how, valueDeserializer) => {
  const script = new ScriptedDelivery<never>({ onDeserializationError: 'skip', valueDeserializer })
  const p = script.assign('t', 0)
  script.feed(
    p,
    0,
    Array.from({ length: 20_000 }, () => 'x'),
  )
  const messages = iterate(script)
  const waiting = messages.next()
  await eventually(() => expect([p.position, p.processed]).toEqual([20_000, 20_000]))
  await messages.return()
  await waiting
})

test('an abort and close() reach a next() that waits for a rebalance', async () => {
  const endings: Array<[string, (script: ScriptedDelivery, controller: AbortController) => void]> = [
    ['AbortError', (_script, controller) => controller.abort()],
    ['done', (script) => script.delivery.close()],
  ]
  for (const [expected, end] of endings) {
    const script = new ScriptedDelivery()
    script.feed(script.assign('t', 0), 0, ['a'])
    const rebalance = Promise.withResolvers<void>()
    const over = script.delivery.handover.exclusively(() => rebalance.promise)
    const controller = new AbortController()
    const waiting = iterate(script, controller.signal)
      .next()
      .then(
        ({ done }) => (done ? 'done' : 'message'),
        (error) => error.name,
      )
    end(script, controller)
    expect(await waiting).toBe(expected)
    rebalance.resolve()
    await over
  }
})

test('nothing is delivered after close(), even if it is at hand', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c'])
  const messages = iterate(script)
  await messages.next()
  script.delivery.close()
  expect(await messages.next()).toEqual({ value: undefined, done: true })
  expect(p.position).toBe(1)
})

test('a message that close() has overtaken is not delivered', async () => {
  const deserializer = new HeldDeserializer()
  const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a'])
  const pending = iterate(script).next()
  await deserializer.started('a')
  script.delivery.close()
  await deserializer.finish('a')
  expect(await pending).toEqual({ value: undefined, done: true })
  expect([p.position, p.processed]).toEqual([0, 0])
})

test('an abort counts at once, however many messages are at hand', async () => {
  const script = new ScriptedDelivery()
  const p = script.assign('t', 0)
  script.feed(p, 0, ['a', 'b', 'c', 'd'])
  const abort = new AbortController()
  const messages = iterate(script, abort.signal)
  await messages.next()
  await messages.next()
  abort.abort(new Error('enough'))
  await expect(messages.next()).rejects.toMatchObject({ name: 'AbortError' })
})

test('what no retry cures is not held back by messages at hand', async () => {
  const script = new ScriptedDelivery()
  script.feed(script.assign('t', 0), 0, ['a', 'b', 'c', 'd'])
  const messages = iterate(script)
  await messages.next()
  const fenced = new KafkaError('fenced', { code: 'FENCED_INSTANCE_ID', fatal: true })
  script.delivery.fail(fenced)
  await expect(messages.next()).rejects.toBe(fenced)
})
