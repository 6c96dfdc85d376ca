import { describeCluster as describeClusterApi } from '../../protocol/messages/describe-cluster.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { brokerError, UnsupportedVersionError } from '../errors.ts'
import type { Call } from './call.ts'

export interface ClusterDescription {
  /** Null from brokers that have none, which none since Kafka 0.10.1 is. */
  clusterId: string | null
  /** Id of the broker that takes requests for the controller; −1 if there is none at the moment. */
  controllerId: number
  /** The brokers that are up, by id. */
  brokers: BrokerDescription[]
}

export interface BrokerDescription {
  id: number
  /** Where the broker listens for clients that come in as this one did. */
  host: string
  port: number
  rack: string | null
}

export async function describeCluster(call: Call): Promise<ClusterDescription> {
  try {
    const answer = await call.send(describeClusterApi, { includeClusterAuthorizedOperations: false }, 'any')
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'The cluster', { message: answer.errorMessage })
    const { clusterId, controllerId } = answer
    const brokers = answer.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }))
    return { clusterId, controllerId, brokers: byId(brokers) }
  } catch (error) {
    // Brokers before Kafka 2.8 have no DescribeCluster (KIP-700); Metadata tells the same.
    if (!(error instanceof UnsupportedVersionError)) throw error
    const answer = await call.send(metadata, { topics: [], allowAutoTopicCreation: false }, 'any')
    const { clusterId, controllerId } = answer
    const brokers = answer.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }))
    return { clusterId, controllerId, brokers: byId(brokers) }
  }
}

function byId(brokers: readonly BrokerDescription[]): BrokerDescription[] {
  return brokers.toSorted((a, b) => a.id - b.id)
}
