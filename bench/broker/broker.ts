import { KafkaCluster } from '../../test/support/kafka-cluster.ts'
import { hasJavaAndMaven } from '../../test/support/tools.ts'

export interface Broker {
  readonly bootstrapServers: string
  /** For the head of the report. */
  readonly description: string
  stop(): Promise<void>
}

/** The broker at `KAFKA_BOOTSTRAP_SERVERS`, else one of our own. */
export async function findBroker(): Promise<Broker> {
  const existing = process.env.KAFKA_BOOTSTRAP_SERVERS
  if (existing) {
    return { bootstrapServers: existing, description: `broker at ${existing}`, stop: async () => {} }
  }
  if (!(await hasJavaAndMaven())) {
    throw new Error('Set KAFKA_BOOTSTRAP_SERVERS to one running broker, or install Java 17 (or later) and Maven')
  }
  const cluster = await KafkaCluster.start()
  return {
    bootstrapServers: cluster.bootstrapServers,
    description: `broker: Apache Kafka ${cluster.version}, one node on the same machine`,
    stop: () => cluster.stopAll(),
  }
}
