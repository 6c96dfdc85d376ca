import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PORT = 9092
const START_TIMEOUT_MS = 120_000

/** A broker in a container, or `null` where no Docker engine answers. */
export async function dockerKafka(
  version: string,
): Promise<{ bootstrapServers: string; stop(): Promise<void> } | null> {
  const answers = await run('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  )
  if (!answers) return null
  const { GenericContainer, Wait } = await import('testcontainers')
  const { freePorts } = await import('./ports.ts')
  // The broker tells clients its address, so the port must be known before it starts.
  const [port] = await freePorts(1)
  const container = await new GenericContainer(`apache/kafka:${version}`)
    .withExposedPorts({ container: PORT, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: `PLAINTEXT://:${PORT},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start()
  return {
    bootstrapServers: `localhost:${port}`,
    stop: async () => {
      await container.stop()
    },
  }
}
