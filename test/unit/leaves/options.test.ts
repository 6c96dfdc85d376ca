import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { readKafkaOptions } from '../../../src/kafka-options.ts'

const valid = { bootstrapServers: 'localhost:9092' }

function failureOf(options: unknown): UsageError {
  try {
    readKafkaOptions(options)
  } catch (error) {
    if (error instanceof UsageError) return error
  }
  throw new Error('no UsageError')
}

describe('options', () => {
  test('defaults are those of the documentation', () => {
    expect(readKafkaOptions(valid)).toMatchObject({
      clientId: 'kafka-wire',
      ssl: false,
      requestTimeoutMs: 30000,
      defaultApiTimeoutMs: 60000,
      socketConnectionSetupTimeoutMs: 10000,
      socketConnectionSetupTimeoutMaxMs: 30000,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1000,
      metadataMaxAgeMs: 300000,
      connectionsMaxIdleMs: 540000,
      maxFrameBytes: 104857600,
    })
  })

  test('undefined counts as not given', () => {
    expect(readKafkaOptions({ ...valid, clientId: undefined }).clientId).toBe('kafka-wire')
  })

  test.each([
    [{ ...valid, requestTimeoutMS: 1 }, "unknown option 'requestTimeoutMS'; did you mean 'requestTimeoutMs'?"],
    [{ 'bootstrap.servers': 'a:1' }, "unknown option 'bootstrap.servers'; did you mean 'bootstrapServers'?"],
    [{ brokers: ['a:1'] }, "unknown option 'brokers'; did you mean 'bootstrapServers'?"],
    [{ ...valid, 'security.protocol': 'SSL' }, "unknown option 'security.protocol'; use ssl and sasl"],
    [{ ...valid, retry: { retries: 5 } }, "unknown option 'retry'; use defaultApiTimeoutMs, within which"],

    [{}, "option 'bootstrapServers' is required"],
    [
      { bootstrapServers: 9092 },
      "option 'bootstrapServers' must be a string such as 'host:9092' or an array of them, got 9092",
    ],
    [{ bootstrapServers: [] }, 'must name at least one broker'],
    [{ ...valid, requestTimeoutMs: -1 }, "option 'requestTimeoutMs' must be from 1 to 2147483647, got -1"],
    [{ ...valid, requestTimeoutMs: '30' }, "option 'requestTimeoutMs' must be an integer, got '30'"],
    [{ ...valid, requestTimeoutMs: Number.NaN }, "option 'requestTimeoutMs' must be an integer, got NaN"],
    [
      { ...valid, ssl: { rejectUnauthorised: false } },
      "TLS option 'rejectUnauthorised'; did you mean 'rejectUnauthorized'",
    ],
    [{ ...valid, ssl: { ca: '/etc/ca.pem' } }, "option 'ssl': 'ca' must be PEM text, not the path of a file"],
    [{ ...valid, ssl: { cert: '-----BEGIN CERTIFICATE-----\nx' } }, "option 'ssl': "],
    [{ ...valid, ssl: 'yes' }, "option 'ssl' must be a boolean or an object of Node's TLS options, got 'yes'"],
    [
      { ...valid, sasl: { mechanism: 'plain', username: 'u', password: 'p' } },
      "option 'mechanism' must be one of 'PLAIN'",
    ],
    [{ ...valid, sasl: { mechanism: 'PLAIN', password: 'p' } }, "option 'username' is required"],
    [{ ...valid, logger: { warn() {} } }, 'must have the functions debug, info, warn and error; debug is missing'],
    [null, 'options must be an object, got null'],
    ['localhost:9092', "options must be an object, got 'localhost:9092'"],
  ])('%j is refused', (options, message) => {
    const error = failureOf(options)
    expect(error.message).toContain(message)
    expect(error.code).toBe('INVALID_OPTION')
  })

  test('a wrong password does not stand in the error', () => {
    const error = failureOf({ ...valid, sasl: { mechanism: 'PLAIN', username: 'u', password: 987654321 } })
    expect(error.message).toContain("option 'password' must be a string")
    expect(error.message).not.toContain('987654321')
  })
})
