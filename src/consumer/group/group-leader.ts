import { decodeSubscription, encodeAssignment } from '../../../protocol/messages/consumer-protocol.ts'
import { decodeCooperativeStickyUserData, decodeStickyUserData } from '../../../protocol/messages/sticky-user-data.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { MetadataSnapshot } from '../../cluster/metadata.ts'
import { DecodeError, KafkaError } from '../../errors.ts'
import { groupByTopic, type TopicPartition } from '../topic-partition.ts'
import { type Assignor, emptyAssignment, type GroupMember } from './assignors/assignor.ts'

/** A member as JoinGroup hands it to the leader. */
interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Buffer
}

/** The newest version whose fields all members understand; older readers skip what they do not know. */
const ASSIGNMENT_VERSION = 1

/**
 * What the leader of a group does beside being a member: it knows the subscriptions of all, shares out the partitions,
 * and watches for topics that grow.
 */
export class GroupLeader {
  readonly #cluster: Cluster
  /** What was shared out, and how many partitions it had; null until it is. */
  #counts: ReadonlyMap<string, number> | null = null
  #topics: readonly string[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** All topics of all members: the leader needs metadata of every one, not only of its own. */
  get topics(): readonly string[] {
    return this.#topics
  }

  /** @returns each member's assignment, encoded */
  async share(
    assignor: Assignor,
    joined: readonly JoinedMember[],
  ): Promise<Array<{ memberId: string; assignment: Buffer }>> {
    const members = joined.map(readMember)
    this.#topics = [...new Set(members.flatMap(({ topics }) => topics))].sort()
    this.#counts = null
    let counts = this.#countPartitions(this.#cluster.metadata)
    if (counts.size < this.#topics.length) {
      await this.#cluster.refresh()
      counts = this.#countPartitions(this.#cluster.metadata)
    }
    this.#counts = counts
    // Members that subscribe to nothing would only confuse an assignor.
    const assignment = members.length === 0 ? emptyAssignment(members) : assignor.assign(members, counts)
    return Array.from(assignment, ([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(ASSIGNMENT_VERSION, { assignedPartitions: byTopic(partitions), userData: null }),
    }))
  }

  /** Topics appeared, went or grew since the partitions were shared out. */
  isOutdated(metadata: MetadataSnapshot): boolean {
    const shared = this.#counts
    if (shared === null) return false
    const counts = this.#countPartitions(metadata)
    return counts.size !== shared.size || [...counts].some(([topic, count]) => shared.get(topic) !== count)
  }

  /** Somebody else leads now. */
  resign(): void {
    this.#topics = []
    this.#counts = null
  }

  #countPartitions(metadata: MetadataSnapshot): Map<string, number> {
    const counts = new Map<string, number>()
    for (const topic of this.#topics) {
      const count = metadata.topics.get(topic)?.partitions.length ?? 0
      if (count > 0) counts.set(topic, count)
    }
    return counts
  }
}

function readMember({ memberId, groupInstanceId, metadata }: JoinedMember): GroupMember {
  try {
    const { topics, ownedPartitions, generationId, userData } = decodeSubscription(metadata)
    return {
      memberId,
      groupInstanceId,
      topics,
      ownedPartitions: ownedPartitions.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
      generation: generationId >= 0 ? generationId : generationIn(userData),
    }
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new KafkaError(`The subscription of group member '${memberId}' cannot be read: ${cause.message}`, {
      code: 'DECODE_FAILED',
      cause,
    })
  }
}

const GENERATION_BYTES = 4

/**
 * Before subscriptions had a field for it, cooperative-sticky members wrote their generation into the user data: Java's
 * alone, librdkafka's behind what they were assigned. What another assignor wrote there may be anything.
 */
function generationIn(userData: Buffer | null): number {
  if (userData === null) return -1
  try {
    const isAlone = userData.length === GENERATION_BYTES
    return (isAlone ? decodeCooperativeStickyUserData(userData) : decodeStickyUserData(userData)).generation
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return -1
  }
}

export function byTopic(partitions: readonly TopicPartition[]): Array<{ topic: string; partitions: number[] }> {
  return Array.from(groupByTopic(partitions), ([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition }) => partition),
  }))
}
