import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  AbortError,
  ClosedError,
  type KafkaError,
  PartialFailureError,
  SerializationError,
  TimeoutError,
  UsageError,
} from '../../../src/errors.ts'
import type { ProducerOptions } from '../../../src/producer/options.ts'
import { Producer } from '../../../src/producer/producer.ts'
import { serde } from '../../../src/serde.ts'
import { FakeCluster, turn, until } from './fake-cluster.ts'

const open: Array<{ close(options: { timeoutMs: number }): Promise<void> }> = []

function producerOn<K = never, V = never>(cluster: FakeCluster, options: ProducerOptions<K, V> = {}): Producer<K, V> {
  const producer = new Producer<K, V>(cluster.asCluster, options)
  open.push(producer)
  return producer
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((producer) => producer.close({ timeoutMs: 0 })))
})

describe('send', () => {
  it('writes key, value, headers and timestamp, and says where', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const metadata = await producer.send({
      topic: 't',
      key: 'k',
      value: Buffer.from('v'),
      headers: { h: ['1', null] },
      timestamp: 1234,
    })
    expect(metadata).toEqual({ topic: 't', partition: 0, offset: 0, timestamp: 1234 })
    expect(cluster.log('t').records).toMatchObject([
      {
        key: 'k',
        value: 'v',
        headers: [
          ['h', '1'],
          ['h', null],
        ],
      },
    ])
  })

  it('keeps the difference between a tombstone and an empty value', async () => {
    const cluster = new FakeCluster()
    await producerOn(cluster).sendBatch([
      { topic: 't', value: null },
      { topic: 't', value: '' },
    ])
    expect(cluster.log('t').values).toEqual([null, ''])
  })

  it('takes what the value is now, not what it becomes', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const value = Buffer.from('before')
    const outcome = producer.send({ topic: 't', value })
    value.write('after!')
    await outcome
    expect(cluster.log('t').values).toEqual(['before'])
  })

  it('tells a callback, and returns nothing', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const outcomes: unknown[] = []
    const onDelivery = (error: unknown, metadata: unknown) => outcomes.push(error ?? metadata)
    expect(producer.send({ topic: 't', value: 'a' }, { onDelivery })).toBeUndefined()
    producer.send({ topic: 't', value: undefined as unknown as string }, { onDelivery })
    await producer.flush()
    expect(outcomes).toEqual([expect.any(UsageError), expect.objectContaining({ offset: 0 })])
  })

  it('leaves what a callback throws to the process, and goes on', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const thrown: Array<() => void> = []
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => thrown.push(task))
    try {
      const onDelivery = () => {
        throw new Error('mine')
      }
      producer.send({ topic: 't', value: 'a' }, { onDelivery })
      await producer.send({ topic: 't', value: 'b' })
    } finally {
      vi.restoreAllMocks()
    }
    expect(thrown).toHaveLength(1)
    expect(thrown[0]).toThrow('mine')
  })

  it('rejects with an AbortError when aborted', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster)
    const abort = new AbortController()
    const outcome = producer.send({ topic: 't', value: 'a' }, { signal: abort.signal })
    abort.abort('enough')
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' })
    const none = producer.send({ topic: 't', value: 'b' }, { signal: AbortSignal.abort() })
    await expect(none).rejects.toBeInstanceOf(AbortError)
    cluster.release()
    await producer.flush()
    expect(cluster.log('t').values).toEqual(['a'])
  })

  it('says of an aborted record whether it can be written all the same', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    cluster.topic = () => new Promise(() => {})
    const producer = producerOn(cluster)
    const abort = new AbortController()
    const { signal } = abort
    const sendTo = (topic: string) => [
      producer.send({ topic, value: 'a' }, { signal }),
      producer.sendBatch([{ topic, value: 'b' }], { signal }),
    ]
    const inLine = sendTo('unknown')
    const inFlight = sendTo('t')
    abort.abort()
    for (const outcome of inLine) await expect(outcome).rejects.toMatchObject({ name: 'AbortError', persisted: 'no' })
    for (const outcome of inFlight) {
      await expect(outcome).rejects.toMatchObject({ name: 'AbortError', persisted: 'maybe' })
    }
  })

  it('tells a callback of an abort, once', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster)
    const abort = new AbortController()
    const onDelivery = vi.fn()
    producer.send({ topic: 't', value: 'a' }, { onDelivery, signal: abort.signal })
    producer.send({ topic: 't', value: 'b' }, { onDelivery, signal: AbortSignal.abort() })
    abort.abort()
    cluster.release()
    await producer.flush()
    const errors = onDelivery.mock.calls.map(([error]) => error)
    expect(errors).toEqual([expect.any(AbortError), expect.any(AbortError)])
    expect(errors.map(({ persisted }) => persisted).sort()).toEqual(['maybe', 'no'])
  })

  it('refuses a record above maxRequestSize at once, and the limit includes headers', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { maxRequestSize: 1000 })
    const message = { topic: 't', value: 'x'.repeat(500), headers: { h: 'y'.repeat(500) } }
    await expect(producer.send(message)).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      persisted: 'no',
      message: expect.stringMatching(/11\d\d bytes for topic 't'.*maxRequestSize \(1000 bytes\)/),
    })
    expect(producer.metrics()['buffer-available-bytes']).toBe(33_554_432)
  })

  it('fails all who wait for an unknown topic, and others go on', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    const unknown = ['a', 'b', 'c'].map((value) => producer.send({ topic: 'nope', value }))
    const known = producer.send({ topic: 't', value: 'd' })
    for (const outcome of await Promise.allSettled(unknown)) {
      expect(outcome).toMatchObject({ reason: { code: 'UNKNOWN_TOPIC_OR_PARTITION', topic: 'nope', persisted: 'no' } })
    }
    await known
    expect(cluster.refreshes).toBe(1)
  })

  it('keeps the order while metadata is waited for', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster)
    cluster.addTopic('new', 1)
    const { metadata } = cluster
    cluster.metadata = { ...metadata, topics: new Map() }
    const outcomes = ['1', '2', '3'].map((value) => producer.send({ topic: 'new', value }))
    cluster.metadata = metadata
    outcomes.push(producer.send({ topic: 'new', value: '4' }))
    await Promise.all(outcomes)
    expect(cluster.log('new').values).toEqual(['1', '2', '3', '4'])
  })
})

describe('serializers', () => {
  it('turn keys and values into bytes, and nulls stay nulls', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn<number, { a: number }>(cluster, {
      keySerializer: (_topic, key) => Buffer.from(`#${key}`),
      valueSerializer: serde.json<{ a: number }>(),
    })
    await producer.sendBatch([
      { topic: 't', key: 5, value: { a: 1 } },
      { topic: 't', key: null, value: null },
    ])
    expect(cluster.log('t').records).toMatchObject([
      { key: '#5', value: '{"a":1}' },
      { key: null, value: null },
    ])
  })

  it('may return promises, and the order is kept', async () => {
    const cluster = new FakeCluster()
    const turns: Record<string, number> = { slow: 5, fast: 1, now: 0 }
    const producer = producerOn<never, string>(cluster, {
      valueSerializer: (_topic, value) => {
        const bytes = Buffer.from(value)
        if (turns[value] === 0) return bytes
        return (async () => {
          for (let i = 0; i < turns[value]; i++) await turn()
          return bytes
        })()
      },
    })
    await Promise.all(['slow', 'fast', 'now'].map((value) => producer.send({ topic: 't', value })))
    expect(cluster.log('t').values).toEqual(['slow', 'fast', 'now'])
  })

  it.each([
    ['throws', () => JSON.parse('{')],
    ['rejects', async () => JSON.parse('{')],
    ['returns no bytes', () => 5],
    ['resolves to no bytes', async () => 'text'],
  ])('one that %s fails its record alone', async (_what, bad) => {
    const cluster = new FakeCluster()
    const producer = producerOn<never, string>(cluster, {
      valueSerializer: (_topic, value) => (value === 'bad' ? (bad() as never) : Buffer.from(value)),
    })
    const outcome = producer.sendBatch(['a', 'bad', 'b'].map((value) => ({ topic: 't', value })))
    const error: PartialFailureError<KafkaError[]> = await outcome.catch((error) => error)
    expect(error.results.map((result) => result instanceof SerializationError)).toEqual([false, true, false])
    expect(cluster.log('t').values).toEqual(['a', 'b'])
  })

  it('are needed for what is neither bytes nor text', async () => {
    const outcome = producerOn(new FakeCluster()).send({ topic: 't', value: { a: 1 } as unknown as string })
    await expect(outcome).rejects.toThrow(/value for topic 't'.*valueSerializer.*an Object/)
  })
})

describe('sendBatch', () => {
  it('resolves in the order of the input, over topics and partitions', async () => {
    const cluster = new FakeCluster({ t: 3, u: 2 })
    const messages = Array.from({ length: 20 }, (_, i) => ({ topic: i % 2 ? 't' : 'u', key: `${i}`, value: `${i}` }))
    const results = await producerOn(cluster).sendBatch(messages)
    results.forEach(({ topic, partition, offset }, i) => {
      expect(cluster.log(topic, partition).records[offset].value).toBe(`${i}`)
    })
  })

  it('resolves to nothing for nothing', async () => {
    expect(await producerOn(new FakeCluster()).sendBatch([])).toEqual([])
  })

  it('rejects when all have settled, with the outcome of each', async () => {
    const cluster = new FakeCluster()
    const messages = ['a', undefined, 'c'].map((value) => ({ topic: 't', value: value as string }))
    const error: PartialFailureError<unknown[]> = await producerOn(cluster)
      .sendBatch(messages)
      .catch((error) => error)
    expect(error).toBeInstanceOf(PartialFailureError)
    expect(error.results).toEqual([
      expect.objectContaining({ offset: 0 }),
      expect.any(UsageError),
      expect.objectContaining({ offset: 1 }),
    ])
  })

  it('needs an array', async () => {
    await expect(producerOn(new FakeCluster()).sendBatch('x' as never)).rejects.toThrow(UsageError)
  })
})

describe('memory', () => {
  it('makes send wait, in order, and goes on when there is room', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { bufferMemory: 4096 })
    expect(producer.writable()).toBe(true)
    cluster.held = true
    const values = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(500))
    const outcomes = values.map((value) => producer.send({ topic: 't', value }))
    expect(producer.writable()).toBe(false)
    cluster.release()
    await Promise.all(outcomes)
    expect(cluster.log('t').values).toEqual(values)
    expect(producer.metrics()['buffer-available-bytes']).toBe(4096)
    expect(producer.writable()).toBe(true)
  })

  it('is not used up by small batches of many partitions that had large ones before', async () => {
    const cluster = new FakeCluster({ t: 40 })
    const producer = producerOn(cluster)
    const toEach = (value: string) => Array.from({ length: 40 }, (_, partition) => ({ topic: 't', partition, value }))
    await producer.sendBatch(toEach('x'.repeat(900_000)))
    cluster.held = true
    const outcome = producer.sendBatch(toEach('small'))
    expect(producer.writable()).toBe(true)
    cluster.release()
    await outcome
  })

  it('fails after maxBlockMs', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { bufferMemory: 2000, maxBlockMs: 20 })
    cluster.held = true
    const outcomes = Array.from({ length: 10 }, () => producer.send({ topic: 't', value: 'x'.repeat(1000) }))
    const settled = Promise.allSettled(outcomes)
    await expect(outcomes[9]).rejects.toBeInstanceOf(TimeoutError)
    await expect(outcomes[9]).rejects.toMatchObject({ persisted: 'no' })
    cluster.release()
    await settled
    expect(cluster.log('t').records.length).toBeLessThan(10)
  })

  it('lingers no longer when somebody waits for it', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { bufferMemory: 2000, lingerMs: 60_000 })
    const outcomes = Array.from({ length: 10 }, () => producer.send({ topic: 't', value: 'x'.repeat(1000) }))
    await until(() => cluster.log('t').records.length >= 9)
    await producer.flush()
    await Promise.all(outcomes)
  })
})

describe('flush and close', () => {
  it('flush waits for what was sent before, not for what comes later', async () => {
    const cluster = new FakeCluster({ t: 1, u: 1 }, 1)
    const producer = producerOn(cluster)
    let settled = false
    const onDelivery = () => {
      settled = true
    }
    producer.send({ topic: 't', value: 'a' }, { onDelivery })
    await producer.flush()
    expect(settled).toBe(true)
    await producer.flush()
  })

  it('flush ends with an outage, when the records have failed', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster, { deliveryTimeoutMs: 20 })
    const outcome = producer.send({ topic: 't', value: 'a' })
    outcome.catch(() => {})
    await producer.flush()
    await expect(outcome).rejects.toBeInstanceOf(TimeoutError)
  })

  it('close delivers what was sent, then refuses', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn(cluster, { lingerMs: 60_000 })
    const outcome = producer.send({ topic: 't', value: 'a' })
    const closing = producer.close()
    const late = producer.send({ topic: 't', value: 'b' })
    await expect(late).rejects.toBeInstanceOf(ClosedError)
    await expect(producer.sendBatch([{ topic: 't', value: 'c' }])).rejects.toBeInstanceOf(ClosedError)
    await closing
    expect(await outcome).toMatchObject({ offset: 0 })
    await producer.close()
    expect(producer.writable()).toBe(false)
    await expect(producer.partitionsFor('t')).rejects.toBeInstanceOf(ClosedError)
  })

  it('close is bounded, and settles what is left', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster, { bufferMemory: 2000 })
    const outcomes = Array.from({ length: 5 }, () => producer.send({ topic: 't', value: 'x'.repeat(1000) }))
    const settled = Promise.allSettled(outcomes)
    await until(() => cluster.requests.length > 0)
    await producer.close({ timeoutMs: 5 })
    const results = await settled
    for (const result of results) expect(result).toMatchObject({ reason: expect.any(ClosedError) })
    expect(results[0]).toMatchObject({ reason: { persisted: 'maybe', topic: 't', partition: 0 } })
    expect(results[4]).toMatchObject({ reason: { persisted: 'no' } })
  })

  it.each(['flush', 'close'] as const)('%s does not wait with one topic for the metadata of another', async (what) => {
    const cluster = new FakeCluster()
    cluster.topic = () => new Promise(() => {})
    const producer = producerOn(cluster, { lingerMs: 60_000 })
    const lost = producer.send({ topic: 'nowhere', value: 'a' })
    lost.catch(() => {})
    const outcome = producer.send({ topic: 't', value: 'b' })
    void producer[what]()
    expect(await outcome).toMatchObject({ offset: 0 })
  })

  it('close can be made shorter, not longer', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster)
    const outcome = producer.send({ topic: 't', value: 'a' })
    const closing = producer.close({ timeoutMs: 60_000 })
    producer.close({ timeoutMs: 1 })
    producer.close()
    await expect(outcome).rejects.toBeInstanceOf(ClosedError)
    await closing
  })

  it('flush after close has nothing to wait for', async () => {
    const producer = producerOn(new FakeCluster())
    await producer.close()
    await producer.flush()
  })

  it('close ends the request for a producer id', async () => {
    const cluster = new FakeCluster()
    let signal: AbortSignal | undefined
    cluster.send = (_api, _body, _route, options) => {
      signal = options.signal
      return new Promise(() => {})
    }
    const producer = producerOn(cluster)
    const outcome = producer.send({ topic: 't', value: 'a' })
    outcome.catch(() => {})
    await until(() => signal !== undefined)
    await producer.close({ timeoutMs: 0 })
    expect(signal?.aborted).toBe(true)
  })

  it('tells whoever made it that it is closed', async () => {
    const onClose = vi.fn()
    await new Producer(new FakeCluster().asCluster, {}, onClose).close()
    expect(onClose).toHaveBeenCalledOnce()
  })
})

describe('partitionsFor', () => {
  it('lists the partitions with their leaders', async () => {
    const partitions = await producerOn(new FakeCluster({ t: 2 }, 2)).partitionsFor('t')
    expect(partitions).toMatchObject([
      { partition: 0, leader: 1 },
      { partition: 1, leader: 2 },
    ])
  })

  it('rejects for an unknown topic and for no name', async () => {
    const producer = producerOn(new FakeCluster())
    await expect(producer.partitionsFor('nope')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(producer.partitionsFor('')).rejects.toBeInstanceOf(UsageError)
  })
})
