import { dockerKafka } from '../../test/support/docker.ts'
import { KafkaCluster } from '../../test/support/kafka-cluster.ts'
import { hasKafkaJars } from '../../test/support/kafka-jars.ts'
import { resolveKafkaVersion } from '../../test/support/kafka-versions.ts'
import { missingTools } from '../../test/support/tools.ts'

export interface OpenCluster {
  readonly bootstrapServers: string
  stop(): Promise<void>
}

/**
 * The cluster of KAFKA_BOOTSTRAP_SERVERS, or a broker started for this run as the tests start theirs.
 * Where neither can be had it says how to get one, and returns null.
 */
export async function openCluster(): Promise<OpenCluster | null> {
  const bootstrapServers = process.env.KAFKA_BOOTSTRAP_SERVERS
  if (bootstrapServers) return { bootstrapServers, stop: async () => {} }

  const version = resolveKafkaVersion()
  const container = await dockerKafka(version)
  if (container !== null) return container
  const missing = await missingTools()
  if (missing.length === 0) {
    if (!(await hasKafkaJars(version)))
      console.log(`Downloading Kafka ${version} by Maven, this once; it takes a minute`)
    console.log(`Starting Kafka ${version}`)
    const cluster = await KafkaCluster.start({ version })
    return { bootstrapServers: cluster.bootstrapServers, stop: () => cluster.stopAll() }
  }
  console.error(
    `There is no Kafka. Set KAFKA_BOOTSTRAP_SERVERS to a running broker, or install Docker, or ${missing.join(' and ')}.`,
  )
  return null
}
