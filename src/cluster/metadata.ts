import type { ResponseOf } from '../../protocol/api.ts'
import type { metadata } from '../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import type { BrokerAddress } from '../network/broker.ts'

export type { BrokerAddress }

export interface PartitionMetadata {
  readonly partition: number
  /** Broker id, −1 while the partition has no leader. */
  readonly leader: number
  /** Grows with each election (KIP-320); −1 from brokers before 2.4. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
  readonly errorCode: number
}

export interface TopicMetadata {
  readonly name: string
  /** Kafka's base64url text (KIP-516); {@link ZERO_UUID} where the broker has no topic ids. */
  readonly topicId: string
  readonly isInternal: boolean
  /** Why `partitions` is empty or incomplete; 0 if it is neither. */
  readonly errorCode: number
  /** `partitions[n]` is partition n. */
  readonly partitions: readonly PartitionMetadata[]
}

/** What the client knows of the cluster at one moment. Never changed: a refresh makes a new one. */
export interface MetadataSnapshot {
  readonly clusterId: string | null
  /** −1 while there is none. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerAddress>
  readonly topics: ReadonlyMap<string, TopicMetadata>
  /** Topic names by topic id. */
  readonly topicNames: ReadonlyMap<string, string>
  /** Grows whenever anything of the above changed, but for the controller: with KRaft each answer names another broker. */
  readonly version: number
}

export const EMPTY_METADATA: MetadataSnapshot = {
  clusterId: null,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  topicNames: new Map(),
  version: 0,
}

/** In answers before this version epochs may be older than the leader that they stand beside, as Java's client knows too. */
const FIRST_WITH_RELIABLE_EPOCHS = 9

/**
 * The snapshot after an answer to Metadata. Topics that were not asked for stay as they were, unless
 * the answer is about all topics. An answer from a broker that lags behind cannot take a leader back
 * to an older epoch.
 */
export function mergeMetadata(
  known: MetadataSnapshot,
  response: ResponseOf<typeof metadata>,
  { version, allTopics }: { version: number; allTopics: boolean },
): MetadataSnapshot {
  const brokers = new Map<number, BrokerAddress>()
  for (const { nodeId, host, port, rack } of response.brokers) brokers.set(nodeId, { id: nodeId, host, port, rack })

  const topics = allTopics ? new Map<string, TopicMetadata>() : new Map(known.topics)
  for (const topic of response.topics) {
    // A name is missing only when the question was by topic id, which this client does not ask.
    if (topic.name === null) continue
    const before = known.topics.get(topic.name)
    const sameTopic = before !== undefined && before.topicId === topic.topicId
    const partitions: PartitionMetadata[] = []
    for (const each of topic.partitions) {
      const partition: PartitionMetadata = {
        partition: each.partitionIndex,
        leader: each.leaderId,
        leaderEpoch: version >= FIRST_WITH_RELIABLE_EPOCHS ? each.leaderEpoch : -1,
        replicas: each.replicaNodes,
        isr: each.isrNodes,
        offlineReplicas: each.offlineReplicas,
        errorCode: each.errorCode,
      }
      const old = sameTopic ? before.partitions[partition.partition] : undefined
      const lags = old !== undefined && partition.leaderEpoch !== -1 && partition.leaderEpoch < old.leaderEpoch
      partitions[partition.partition] = lags ? old : partition
    }
    // Brokers number partitions without gaps; an answer with one (a partition being made) is cut at the gap.
    const gap = partitions.findIndex((partition) => !partition)
    topics.set(topic.name, {
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: gap === -1 ? partitions : partitions.slice(0, gap),
    })
  }
  return withVersion(known, {
    clusterId: response.clusterId ?? known.clusterId,
    controllerId: response.controllerId,
    // An answer without brokers is that of a broker that has just started: what is known is better.
    brokers: brokers.size === 0 ? known.brokers : brokers,
    topics,
  })
}

/** The snapshot after a broker said who leads a partition now (KIP-951); the same one if that is no news. */
export function mergeLeader(
  known: MetadataSnapshot,
  topicName: string,
  partition: number,
  leader: { id: number; epoch: number },
  endpoints: readonly BrokerAddress[],
): MetadataSnapshot {
  const topic = known.topics.get(topicName)
  const old = topic?.partitions[partition]
  if (topic === undefined || old === undefined || leader.id < 0 || leader.epoch <= old.leaderEpoch) return known
  const brokers = mergeBrokers(known.brokers, endpoints)
  if (!brokers.has(leader.id)) return known
  const partitions = topic.partitions.slice()
  partitions[partition] = { ...old, leader: leader.id, leaderEpoch: leader.epoch, errorCode: 0 }
  const topics = new Map(known.topics).set(topicName, { ...topic, partitions })
  return withVersion(known, { ...known, brokers, topics })
}

/** The snapshot after a broker named another one, as FindCoordinator does. */
export function mergeBroker(known: MetadataSnapshot, address: BrokerAddress): MetadataSnapshot {
  const brokers = mergeBrokers(known.brokers, [address])
  return brokers === known.brokers ? known : withVersion(known, { ...known, brokers })
}

function mergeBrokers(
  known: ReadonlyMap<number, BrokerAddress>,
  addresses: readonly BrokerAddress[],
): ReadonlyMap<number, BrokerAddress> {
  const news = addresses.filter(({ id, host, port }) => {
    const old = known.get(id)
    return id >= 0 && host !== '' && (old === undefined || old.host !== host || old.port !== port)
  })
  if (news.length === 0) return known
  const brokers = new Map(known)
  for (const address of news)
    brokers.set(address.id, { ...address, rack: address.rack ?? known.get(address.id)?.rack ?? null })
  return brokers
}

type Content = Pick<MetadataSnapshot, 'clusterId' | 'controllerId' | 'brokers' | 'topics'>

function withVersion(known: MetadataSnapshot, content: Content): MetadataSnapshot {
  if (sameContent(known, content)) {
    const { controllerId } = content
    return controllerId === known.controllerId ? known : { ...known, controllerId }
  }
  const topicNames = new Map<string, string>()
  for (const { topicId, name } of content.topics.values()) if (topicId !== ZERO_UUID) topicNames.set(topicId, name)
  return {
    clusterId: content.clusterId,
    controllerId: content.controllerId,
    brokers: content.brokers,
    topics: content.topics,
    topicNames,
    version: known.version + 1,
  }
}

function sameContent(a: Content, b: Content): boolean {
  return (
    a.clusterId === b.clusterId &&
    sameMap(a.brokers, b.brokers, (x, y) => x.host === y.host && x.port === y.port && x.rack === y.rack) &&
    sameMap(a.topics, b.topics, sameTopic)
  )
}

function sameMap<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>, same: (x: V, y: V) => boolean): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other === undefined || !(other === value || same(value, other))) return false
  }
  return true
}

function sameTopic(a: TopicMetadata, b: TopicMetadata): boolean {
  return (
    a.topicId === b.topicId &&
    a.errorCode === b.errorCode &&
    a.partitions.length === b.partitions.length &&
    a.partitions.every((partition, i) => samePartition(partition, b.partitions[i]))
  )
}

function samePartition(a: PartitionMetadata, b: PartitionMetadata): boolean {
  return (
    a === b ||
    (a.leader === b.leader &&
      a.leaderEpoch === b.leaderEpoch &&
      a.errorCode === b.errorCode &&
      sameNumbers(a.replicas, b.replicas) &&
      sameNumbers(a.isr, b.isr) &&
      sameNumbers(a.offlineReplicas, b.offlineReplicas))
  )
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
