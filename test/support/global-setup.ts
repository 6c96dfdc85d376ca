import type { TestProject } from 'vitest/node'
import { dockerKafka } from './docker.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { resolveKafkaVersion } from './kafka-versions.ts'
import { hasJavaAndMaven } from './tools.ts'

const HOW_TO_GET_ONE =
  'set KAFKA_BOOTSTRAP_SERVERS to a running broker, or install Docker, or Java 17 (or later) and Maven'

/** Finds or starts the broker that a project's suites share. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const existing = process.env.KAFKA_BOOTSTRAP_SERVERS
  if (existing) {
    project.provide('bootstrapServers', existing)
    project.provide('kafkaVersion', process.env.KAFKA_VERSION ? resolveKafkaVersion() : 'unknown')
    return undefined
  }
  const version = resolveKafkaVersion()
  const started = (await dockerKafka(version)) ?? (await javaKafka(version))
  if (started === null) {
    if (process.env.KAFKA_REQUIRED === '1') throw new Error(`There is no Kafka to test against: ${HOW_TO_GET_ONE}`)
    console.warn(`Suites that need a Kafka broker are skipped: ${HOW_TO_GET_ONE}.`)
  }
  project.provide('bootstrapServers', started?.bootstrapServers ?? '')
  project.provide('kafkaVersion', started === null ? 'unknown' : version)
  return started?.stop
}

async function javaKafka(version: string): Promise<{ bootstrapServers: string; stop(): Promise<void> } | null> {
  if (!(await hasJavaAndMaven())) return null
  const cluster = await KafkaCluster.start({ version })
  return { bootstrapServers: cluster.bootstrapServers, stop: () => cluster.stopAll() }
}
