import type { KafkaOptions } from 'kafka-wire'
import { AuthenticationError, Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasBroker, uniqueName } from '../support/kafka.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import type { AuthMode } from '../support/listeners.ts'
import { hasJavaAndMaven } from '../support/tools.ts'

// Listeners with TLS and SASL are those of a cluster of its own, which needs Java and Maven.
const canStart = hasBroker && (await hasJavaAndMaven())

const alice = { username: 'alice', password: 'alice-secret' }
const wrong = { username: 'alice', password: 'a-wrong-one' }

describe.skipIf(!canStart)('security', () => {
  let cluster: KafkaCluster
  const opened: Kafka[] = []

  beforeAll(async () => {
    cluster = await KafkaCluster.start({
      listeners: ['none', 'sasl_plain', 'sasl_scram', 'sasl_ssl', 'ssl', 'mtls'],
    })
  })
  afterAll(async () => {
    await Promise.all(opened.map((kafka) => kafka.close()))
    await cluster?.stopAll()
  })

  function connectTo(mode: AuthMode, options: Partial<KafkaOptions>): Kafka {
    const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServersFor(mode), ...options })
    opened.push(kafka)
    return kafka
  }

  test.each<[string, AuthMode, () => Partial<KafkaOptions>]>([
    ['PLAIN', 'sasl_plain', () => ({ sasl: { mechanism: 'PLAIN', ...alice } })],
    ['SCRAM-SHA-256', 'sasl_scram', () => ({ sasl: { mechanism: 'SCRAM-SHA-256', ...alice } })],
    ['SCRAM-SHA-512', 'sasl_scram', () => ({ sasl: { mechanism: 'SCRAM-SHA-512', ...alice } })],
    ['TLS', 'ssl', () => ({ ssl: { ca: cluster.tls.ca } })],
    [
      'SCRAM over TLS',
      'sasl_ssl',
      () => ({ ssl: { ca: cluster.tls.ca }, sasl: { mechanism: 'SCRAM-SHA-512', ...alice } }),
    ],
    [
      'mutual TLS',
      'mtls',
      () => ({ ssl: { ca: cluster.tls.ca, pfx: cluster.tls.pfx, passphrase: cluster.tls.passphrase } }),
    ],
  ])('%s: produce and consume', async (_, mode, options) => {
    const kafka = connectTo(mode, options())
    const topic = uniqueName('secure')
    await kafka.admin().createTopics([{ name: topic, numPartitions: 1, replicationFactor: 1 }])
    await kafka.producer().send({ topic, value: 'x' })
    const consumer = kafka.consumer({ groupId: uniqueName('g'), topics: [topic], autoOffsetReset: 'earliest' })
    for await (const { value } of consumer) {
      expect(String(value)).toBe('x')
      break
    }
  })

  test.each<[string, AuthMode, () => Partial<KafkaOptions>]>([
    ['a wrong PLAIN password', 'sasl_plain', () => ({ sasl: { mechanism: 'PLAIN', ...wrong } })],
    ['a wrong SCRAM-SHA-256 password', 'sasl_scram', () => ({ sasl: { mechanism: 'SCRAM-SHA-256', ...wrong } })],
    ['a wrong SCRAM-SHA-512 password', 'sasl_scram', () => ({ sasl: { mechanism: 'SCRAM-SHA-512', ...wrong } })],
    ['a mechanism that is not offered', 'sasl_plain', () => ({ sasl: { mechanism: 'SCRAM-SHA-256', ...alice } })],
    ['an authority that is not trusted', 'ssl', () => ({ ssl: true })],
    ['the wrong authority', 'ssl', () => ({ ssl: { ca: cluster.tls.foreignCa } })],
    ['no client certificate', 'mtls', () => ({ ssl: { ca: cluster.tls.ca } })],
    [
      "a stranger's client certificate",
      'mtls',
      () => ({ ssl: { ca: cluster.tls.ca, pfx: cluster.tls.foreignPfx, passphrase: cluster.tls.passphrase } }),
    ],
  ])('%s is an AuthenticationError at once, tried once, without the secret', async (_, mode, options) => {
    let connections = 0
    const { createConnection } = await import('node:net')
    const kafka = connectTo(mode, {
      ...options(),
      socketFactory: ({ host, port }) => {
        connections++
        return createConnection({ host, port })
      },
    })
    const error = await kafka.connect().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(connections).toBe(1)
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 10 })).not.toContain(wrong.password)
  })
})
