import { onTestFinished } from 'vitest'
import { parseBootstrapServers } from '../../../src/cluster/bootstrap-servers.ts'
import { Cluster } from '../../../src/cluster/cluster.ts'
import { type KafkaOptions, readKafkaOptions } from '../../../src/kafka-options.ts'
import { type Script, ScriptedBroker } from '../network/scripted-broker.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** An address where nobody listens: connections are refused at once. */
export const REFUSING = '127.0.0.1:1'

/** Brokers with the ids 1, 2 … that answer by scripts and name one another; the first is the controller. */
export async function scriptedBrokers(...scripts: Script[]): Promise<ScriptedBroker[]> {
  const brokers: ScriptedBroker[] = []
  const members = () => brokers.map(({ port }, i) => ({ nodeId: i + 1, host: '127.0.0.1', port }))
  for (const script of scripts) {
    const Metadata: Script['Metadata'] = ({ body }) => ({
      brokers: members(),
      clusterId: 'c',
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({ errorCode: 0, name, partitions: [] })),
    })
    const broker = await ScriptedBroker.start({ Metadata, ...script })
    onTestFinished(() => broker.stop())
    brokers.push(broker)
  }
  return brokers
}

export function addresses(brokers: readonly ScriptedBroker[]): string[] {
  return brokers.map(({ port }) => `127.0.0.1:${port}`)
}

/** A client of the brokers at these addresses. */
export function clusterAt(bootstrapServers: string[], options: Partial<KafkaOptions> = {}): Cluster {
  const resolved = readKafkaOptions({ bootstrapServers, logger: quiet, ...options })
  const cluster = new Cluster({ ...resolved, bootstrapServers: parseBootstrapServers(resolved.bootstrapServers) })
  onTestFinished(() => cluster.close())
  return cluster
}
