import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { readProducerOptions } from '../../../src/producer/options.ts'
import { serde } from '../../../src/serde.ts'

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
