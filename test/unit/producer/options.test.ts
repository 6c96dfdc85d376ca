import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { readProducerOptions } from '../../../src/producer/options.ts'
import { Producer } from '../../../src/producer/producer.ts'
import { serde } from '../../../src/serde.ts'
import { FakeCluster } from './fake-cluster.ts'

describe('producer options', () => {
  it('have defaults that lose nothing', () => {
    expect(readProducerOptions({})).toMatchObject({
      acks: -1,
      enableIdempotence: true,
      maxInFlightRequestsPerConnection: 5,
      lingerMs: 0,
      batchSize: 1_048_576,
      maxRequestSize: 1_048_576,
      bufferMemory: 33_554_432,
      maxBlockMs: 60_000,
      deliveryTimeoutMs: 120_000,
      compressionType: 'none',
    })
  })

  it.each([{ acks: 1 }, { acks: 0 }, { maxInFlightRequestsPerConnection: 6 }])(
    '%j switches off idempotence that was not asked for',
    (options) => {
      expect(readProducerOptions(options).enableIdempotence).toBe(false)
    },
  )

  it.each([
    [{ acks: 1, enableIdempotence: true }, /enableIdempotence.*acks/],
    [{ maxInFlightRequestsPerConnection: 6, enableIdempotence: true }, /maxInFlightRequestsPerConnection/],
    [{ acks: 2 }, /'acks'/],
    [{ lingerMS: 5 }, /did you mean 'lingerMs'/],
    [{ 'linger.ms': 5 }, /did you mean 'lingerMs'/],
    [{ lingerMs: -1 }, /'lingerMs' must be from 0/],
    [{ lingerMs: 500, deliveryTimeoutMs: 500 }, /'deliveryTimeoutMs' must be greater than 'lingerMs' \(500\), got 500/],
    [{ lingerMs: 120_000 }, /'deliveryTimeoutMs' must be greater than 'lingerMs' \(120000\), got 120000/],
    [{ batchSize: '1' }, /'batchSize' must be an integer/],
    [{ bufferMemory: 0 }, /'bufferMemory'/],
    [{ compressionType: 'brotli' }, /'compressionType'/],
    [{ compressionLevel: 3 }, /'compressionLevel' has no meaning/],
    [{ compressionType: 'gzip', compressionLevel: 10 }, /from 1 to 9/],
    [{ partitioner: 'murmur2' }, /'partitioner' must be a function/],
    [{ valueSerializer: {} }, /'valueSerializer'/],
    [{ transactionalId: 'x' }, /'transactionalId' is not supported yet/],
    [null, /must be an object/],
  ])('%j is a UsageError that names the option', (options, message) => {
    expect(() => readProducerOptions(options)).toThrow(UsageError)
    expect(() => readProducerOptions(options)).toThrow(message)
  })

  it('takes serializers as functions and as serdes', () => {
    const { keySerializer, valueSerializer } = readProducerOptions({
      keySerializer: (_topic: string, value: number) => Buffer.from([value]),
      valueSerializer: serde.json(),
    })
    expect([typeof keySerializer, typeof valueSerializer]).toEqual(['function', 'object'])
  })
})

describe('options of a call', () => {
  const producer = new Producer(new FakeCluster().asCluster, {})
  const message = { topic: 't', value: 'a' }

  it.each<[string, () => unknown, RegExp]>([
    ['null', () => producer.send(message, null as never), /send\(\): options must be an object, got null/],
    [
      'a slip',
      () => producer.send(message, { onDelivry: () => {} } as never),
      /'onDelivry'; did you mean 'onDelivery'/,
    ],
    ['no signal', () => producer.send(message, { signal: 5 } as never), /'signal' must be an AbortSignal, got 5/],
    ['no function', () => producer.send(message, { onDelivery: 5 } as never), /'onDelivery' must be a function, got 5/],
    [
      'a stranger',
      () => producer.sendBatch([message], { onDelivery: () => {} } as never),
      /sendBatch\(\): unknown option/,
    ],
  ])('%s is refused', (_, call, message) => {
    expect(call).toThrow(message)
    expect(call).toThrow(UsageError)
  })

  it('close() closes nothing when its options are wrong', async () => {
    await expect(producer.close({ timeout: 5 } as never)).rejects.toThrow(/close\(\): unknown option 'timeout'/)
    await expect(producer.close({ timeoutMs: -1 })).rejects.toThrow(/'timeoutMs' must be from 0/)
    expect(producer.writable()).toBe(true)
  })

  it("KafkaJS's form is recognised", async () => {
    await expect(producer.send({ topic: 't', messages: [] } as never)).rejects.toThrow(/use sendBatch\(\)/)
  })
})
