import type { ResponseOf } from '../../../protocol/api.ts'
import { encodeSubscription } from '../../../protocol/messages/consumer-protocol.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../protocol/messages/leave-group.ts'
import { encodeCooperativeStickyUserData } from '../../../protocol/messages/sticky-user-data.ts'
import { syncGroup } from '../../../protocol/messages/sync-group.ts'
import type { BrokerPool } from '../../cluster/broker-pool.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { UnsupportedVersionError } from '../../errors.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { Assignor } from './assignors/assignor.ts'
import { GroupConnection } from './group-connection.ts'
import { byTopic } from './group-leader.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly groupInstanceId: string | null
  readonly assignors: readonly Assignor[]
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxPollIntervalMs: number
  readonly clientRack: string | null
}

/** Who speaks: empty and −1 before the coordinator has said. */
export interface Member {
  readonly memberId: string
  readonly generation: number
}

const SUBSCRIPTION_VERSION = 3
/** The coordinator answers a join when the slowest member has joined, or has failed to; the answer needs a moment more. */
const JOIN_GRACE_MS = 5000
/** The version of JoinGroup that brought `groupInstanceId`, with Kafka 2.3 (KIP-345). */
const FIRST_JOIN_OF_STATIC_MEMBERS = 5
/** From this version on one request names several members. */
const FIRST_LEAVE_OF_MEMBERS = 3

/** What a member says to the coordinator of its group, and how long it waits for the answer. */
export class MemberRequests {
  readonly #cluster: Cluster
  readonly #connection: GroupConnection
  readonly #options: MembershipOptions
  /** Members keep what they have during a rebalance; true if every assignor can do that, as in Java. */
  readonly isCooperative: boolean

  constructor(cluster: Cluster, pool: BrokerPool, options: MembershipOptions) {
    this.#cluster = cluster
    this.#connection = new GroupConnection(cluster, pool, options.groupId)
    this.#options = options
    this.isCooperative = options.assignors.every(({ cooperative }) => cooperative)
  }

  /** @throws UnsupportedVersionError naming `groupInstanceId`, if the coordinator is too old for static members */
  async join(
    member: Member,
    topics: readonly string[],
    owned: readonly TopicPartition[],
  ): Promise<ResponseOf<typeof joinGroup>> {
    const { groupId, groupInstanceId, assignors, sessionTimeoutMs, maxPollIntervalMs } = this.#options
    const metadata = this.#subscription(member, topics, owned)
    const body = {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxPollIntervalMs,
      memberId: member.memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: assignors.map(({ name }) => ({ name, metadata })),
    }
    try {
      return await this.#connection.send(joinGroup, body, {
        timeoutMs: maxPollIntervalMs + JOIN_GRACE_MS,
        minVersion: groupInstanceId === null ? 0 : FIRST_JOIN_OF_STATIC_MEMBERS,
      })
    } catch (error) {
      if (!(error instanceof UnsupportedVersionError) || groupInstanceId === null) throw error
      const message = `groupInstanceId '${groupInstanceId}' needs brokers of Kafka 2.3 or later: ${error.message}`
      throw new UnsupportedVersionError(message, { broker: error.broker, api: error.api, cause: error })
    }
  }

  sync(
    { memberId, generation }: Member,
    protocolName: string | null,
    assignments: ReadonlyArray<{ memberId: string; assignment: Buffer }>,
  ): Promise<ResponseOf<typeof syncGroup>> {
    const { groupId, groupInstanceId } = this.#options
    return this.#connection.send(syncGroup, {
      groupId,
      generationId: generation,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocolName,
      assignments: [...assignments],
    })
  }

  /** @returns the coordinator's error code */
  async heartbeat({ memberId, generation }: Member): Promise<number> {
    const { groupId, groupInstanceId, sessionTimeoutMs } = this.#options
    const body = { groupId, generationId: generation, memberId, groupInstanceId }
    const timeoutMs = Math.min(sessionTimeoutMs, this.#cluster.options.requestTimeoutMs)
    const { errorCode } = await this.#connection.send(heartbeat, body, { timeoutMs })
    return errorCode
  }

  async leave({ memberId }: Member, reason: string, timeoutMs: number): Promise<void> {
    const { groupId, groupInstanceId } = this.#options
    const members = [{ memberId, groupInstanceId, reason }]
    // Not on the group connection: a join that waits there would hold this up.
    await this.#cluster.send(
      leaveGroup,
      (version) => (version >= FIRST_LEAVE_OF_MEMBERS ? { groupId, members } : { groupId, memberId }),
      { group: groupId },
      { timeoutMs, errorCode: (response) => response.errorCode },
    )
  }

  #subscription({ generation }: Member, topics: readonly string[], owned: readonly TopicPartition[]): Buffer {
    return encodeSubscription(SUBSCRIPTION_VERSION, {
      topics: [...topics],
      // What cooperative-sticky leaders of before subscription version 2 look for.
      userData: this.isCooperative ? encodeCooperativeStickyUserData({ generation }) : null,
      ownedPartitions: byTopic(owned),
      generationId: generation,
      rackId: this.#options.clientRack,
    })
  }
}
