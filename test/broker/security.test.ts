import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaOptions } from 'kafka-wire'
import { AuthenticationError, Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { hasBroker, uniqueName } from '../support/kafka.ts'
import { KafkaCluster } from '../support/kafka-cluster.ts'
import { atLeast, resolveKafkaVersion } from '../support/kafka-versions.ts'
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

  // Older tools cannot read the password from a file. Those of 4.4 have moved, and cannot be fetched.
  const readsFiles = atLeast(resolveKafkaVersion(), '3.3') && !atLeast(resolveKafkaVersion(), '4.4')

  test.skipIf(!readsFiles)("a password is the one that Kafka's tools stored, without SASLprep", async () => {
    // A ligature, one half, a no-break space and a full-width letter, as Java's properties write them.
    const escaped = '\\ufb01\\u00bd\\u00a0\\uff41'
    const password = '\ufb01\u00bd\u00a0\uff41'
    const folder = await mkdtemp(join(tmpdir(), 'kafka-wire-scram-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'carol.properties')
    await writeFile(file, `SCRAM-SHA-256=password=${escaped}\n`)
    const user = ['--entity-type', 'users', '--entity-name', 'carol']
    const args = ['--bootstrap-server', cluster.internalServers, '--alter', ...user, '--add-config-file', file]
    const { code, stdout, stderr } = await cluster.javaTool('kafka.admin.ConfigCommand', args)
    expect(code, stdout + stderr).toBe(0)
    const sasl = { mechanism: 'SCRAM-SHA-256', username: 'carol', password } as const
    // The broker learns of the user a moment after the tool has ended.
    await vi.waitFor(() => connectTo('sasl_scram', { sasl }).connect(), { timeout: 10_000, interval: 200 })
  })
})
