import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AuthenticationError,
  ClosedError,
  ConnectionError,
  type KafkaError,
  type PartialFailureError,
  TimeoutError,
  UsageError,
} from '../../../src/errors.ts'
import type { ProducerOptions } from '../../../src/producer/options.ts'
import { Producer } from '../../../src/producer/producer.ts'
import { type PendingRecord, ProducerTopic } from '../../../src/producer/topic.ts'
import { FakeCluster, pass, turn } from './fake-cluster.ts'

const open: Array<{ close(options: { timeoutMs: number }): Promise<void> }> = []

function producerOn<K = never, V = never>(cluster: FakeCluster, options: ProducerOptions<K, V> = {}): Producer<K, V> {
  const producer = new Producer<K, V>(cluster.asCluster, options)
  open.push(producer)
  return producer
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(open.splice(0).map((producer) => producer.close({ timeoutMs: 0 })))
})

/** An outcome that can be looked at before it is there. */
function watch(promise: Promise<unknown>): { is: unknown } {
  const outcome: { is: unknown } = { is: 'pending' }
  promise.then(
    (value) => {
      outcome.is = value
    },
    (error) => {
      outcome.is = error
    },
  )
  return outcome
}

/** Two records that nobody holds but perhaps the line. */
function comeAndGo(topic: ProducerTopic): Array<WeakRef<PendingRecord>> {
  for (const value of ['a', 'b']) topic.push({ value } as PendingRecord)
  return [new WeakRef(topic.shift()), new WeakRef(topic.shift())]
}

describe('a topic whose metadata cannot be had', () => {
  it('fails all in its line by one refused login', async () => {
    const cluster = new FakeCluster()
    const refusal = new AuthenticationError('wrong password')
    cluster.topic = vi.fn(() => Promise.reject(refusal))
    const messages = Array.from({ length: 200 }, (_, i) => ({ topic: 'x', value: `${i}` }))
    const error: PartialFailureError<KafkaError[]> = await producerOn(cluster)
      .sendBatch(messages)
      .catch((error) => error)
    for (const result of error.results) {
      expect(result).toBeInstanceOf(AuthenticationError)
      expect(result).toMatchObject({ topic: 'x', persisted: 'no', cause: refusal })
    }
    expect(refusal).not.toHaveProperty('persisted')
    expect(cluster.topic).toHaveBeenCalledOnce()
  })
})

describe('a serializer', () => {
  const valueSerializer = (_topic: string, value: string) => {
    return value === 'hangs' ? new Promise<Buffer>(() => {}) : Buffer.from(value)
  }

  it('that never ends fails its record in time, and the next one goes on', async () => {
    const cluster = new FakeCluster()
    const producer = producerOn<never, string>(cluster, { valueSerializer, deliveryTimeoutMs: 1000 })
    const hanging = watch(producer.send({ topic: 't', value: 'hangs' }))
    await pass(500)
    const next = watch(producer.send({ topic: 't', value: 'next' }))
    const flushed = watch(producer.flush())
    await pass(490)
    expect([hanging.is, next.is, flushed.is]).toEqual(['pending', 'pending', 'pending'])
    await pass(100)
    expect(hanging.is).toBeInstanceOf(TimeoutError)
    expect(hanging.is).toMatchObject({ topic: 't', persisted: 'no', message: expect.stringContaining('serializers') })
    expect([next.is, flushed.is]).toEqual([expect.objectContaining({ offset: 0 }), undefined])
  })

  it('that never ends does not outlive the producer', async () => {
    const producer = producerOn<never, string>(new FakeCluster(), { valueSerializer })
    const outcome = watch(producer.send({ topic: 't', value: 'hangs' }))
    producer.close({ timeoutMs: 0 })
    await pass(10)
    expect(outcome.is).toBeInstanceOf(ClosedError)
  })

  it('of the key that rejects after the one of the value has thrown harms nobody', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const producer = producerOn<string, string>(new FakeCluster(), {
      keySerializer: async () => JSON.parse('{'),
      valueSerializer: () => JSON.parse('{'),
    })
    await expect(producer.send({ topic: 't', key: 'k', value: 'v' })).rejects.toThrow(/valueSerializer/)
    await turn()
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('a record in line', () => {
  it('does not change with what the caller uses again', async () => {
    const cluster = new FakeCluster({ t: 2 })
    const { metadata } = cluster
    cluster.metadata = { ...metadata, topics: new Map() }
    const partitioner = vi.fn(() => 1)
    const producer = producerOn(cluster, { partitioner })
    const bytes = Buffer.from('before')
    const message = { topic: 't', key: bytes, value: bytes, headers: { h: bytes } as Record<string, Buffer> }
    const outcome = producer.send(message)
    bytes.write('after!')
    Object.assign(message, { topic: 'u', partition: 0 })
    expect(await outcome).toMatchObject({ topic: 't', partition: 1 })
    expect(cluster.log('t', 1).records).toMatchObject([{ key: 'before', value: 'before', headers: [['h', 'before']] }])
    expect(partitioner).toHaveBeenCalledWith(expect.objectContaining({ key: Buffer.from('before') }))
  })

  it('may be an object of any class', async () => {
    class Ride {
      get topic() {
        return 't'
      }
      get key() {
        return 'k'
      }
      get value() {
        return 'v'
      }
    }
    const cluster = new FakeCluster()
    cluster.metadata = { ...cluster.metadata, topics: new Map() }
    const partitioner = vi.fn(() => 0)
    await producerOn(cluster, { partitioner }).send(new Ride())
    expect(partitioner).toHaveBeenCalledWith(expect.objectContaining({ key: 'k', value: 'v' }))
  })

  it('does not change with the buffer of a serializer', async () => {
    const cluster = new FakeCluster()
    cluster.metadata = { ...cluster.metadata, topics: new Map() }
    const scratch = Buffer.alloc(1)
    const producer = producerOn<number, number>(cluster, {
      keySerializer: async () => null,
      valueSerializer: (_topic, value) => {
        scratch[0] = 48 + value
        return scratch
      },
    })
    await producer.sendBatch([1, 2, 3].map((value) => ({ topic: 't', value })))
    await producer.sendBatch([4, 5, 6].map((value) => ({ topic: 't', key: value, value })))
    expect(cluster.log('t').values).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  it('waits for memory no longer than deliveryTimeoutMs', async () => {
    const cluster = new FakeCluster()
    cluster.held = true
    const producer = producerOn(cluster, { bufferMemory: 2000, deliveryTimeoutMs: 1000 })
    const outcomes = Array.from({ length: 5 }, () => watch(producer.send({ topic: 't', value: 'x'.repeat(1000) })))
    await pass(1100)
    for (const { is } of outcomes) expect(is).toBeInstanceOf(TimeoutError)
  })

  it('waits for metadata no longer than deliveryTimeoutMs', async () => {
    const cluster = new FakeCluster()
    cluster.topic = vi.fn(() => new Promise<never>(() => {}))
    producerOn(cluster, { deliveryTimeoutMs: 1000 }).send({ topic: 'x', value: 'a' }, { onDelivery: () => {} })
    expect(cluster.topic).toHaveBeenCalledWith('x', expect.objectContaining({ timeoutMs: 1000 }))
  })

  it('is forgotten as soon as it has left', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const topic = new ProducerTopic('t', 1)
    const left = comeAndGo(topic)
    expect(topic.hasLine).toBe(false)
    await turn()
    gc()
    expect(left.map((record) => record.deref())).toEqual([undefined, undefined])
  })
})

describe('a partition out of range', () => {
  it('is believed slowly, once for all in line, and those before and behind are written', async () => {
    const cluster = new FakeCluster({ t: 2 })
    Object.assign(cluster.options, { retryBackoffMs: 100, retryBackoffMaxMs: 1000 })
    const producer = producerOn(cluster)
    const to = (partition: number, value = 'x') => ({ topic: 't', partition, value })
    const bad = Array.from({ length: 500 }, () => to(7))
    const outcome = watch(producer.sendBatch([to(1, 'a'), ...bad, to(1, 'b'), to(3)]))
    const flushed = watch(producer.flush())
    await pass(2500)
    expect(outcome.is).toBe('pending')
    await pass(1500)
    expect(cluster.refreshes).toBeLessThan(10)
    const { results } = outcome.is as PartialFailureError<KafkaError[]>
    expect(results[1]).toBeInstanceOf(UsageError)
    const text = expect.stringContaining("'t' has no partition 7: it has 2")
    expect(results[1]).toMatchObject({ topic: 't', partition: 7, persisted: 'no', message: text })
    expect(results[502]).toMatchObject({ partition: 3, message: expect.stringContaining('no partition 3') })
    expect(cluster.log('t', 1).values).toEqual(['a', 'b'])
    expect(flushed.is).toBeUndefined()
  })

  it('is there when one of the answers says so, though others lag or cannot be had', async () => {
    const cluster = new FakeCluster({ t: 1 })
    Object.assign(cluster.options, { retryBackoffMs: 100, retryBackoffMaxMs: 100 })
    const refresh = cluster.refresh.bind(cluster)
    cluster.refresh = async () => {
      if (cluster.refreshes === 1) cluster.refresh = refresh
      if (cluster.refreshes === 0) {
        await refresh()
        throw new ConnectionError('nobody there')
      }
      return refresh()
    }
    const outcome = watch(producerOn(cluster).send({ topic: 't', partition: 2, value: 'a' }))
    await pass(500)
    expect(outcome.is).toBe('pending')
    cluster.addTopic('t', 3)
    await pass(200)
    expect(outcome.is).toMatchObject({ partition: 2, offset: 0 })
  })

  it('is waited for no longer than maxBlockMs, nor than the producer lives', async () => {
    const cluster = new FakeCluster({ t: 1 })
    cluster.refresh = () => new Promise(() => {})
    const producer = producerOn(cluster, { maxBlockMs: 1000 })
    const first = watch(producer.send({ topic: 't', partition: 7, value: 'a' }))
    await pass(500)
    const second = watch(producer.send({ topic: 't', partition: 7, value: 'b' }))
    await pass(600)
    expect(first.is).toBeInstanceOf(TimeoutError)
    expect(first.is).toMatchObject({ topic: 't', persisted: 'no', message: expect.stringContaining('maxBlockMs') })
    expect(second.is).toBe('pending')
    producer.close({ timeoutMs: 0 })
    await pass(10)
    expect(second.is).toBeInstanceOf(ClosedError)
  })
})
