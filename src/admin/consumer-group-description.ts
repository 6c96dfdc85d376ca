import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { AclOperation } from './acl-operations.ts'
import type { BrokerDescription } from './describe-cluster.ts'
import type { GroupState, GroupType } from './group-kinds.ts'

/** A group of consumers, of either protocol, with its members. */
export interface ConsumerGroupDescription {
  groupId: string
  /** Whether it never had members: offsets were committed for it by consumers that choose their partitions themselves. */
  isSimpleConsumerGroup: boolean
  /** `'consumer'` for the protocol of KIP-848, `'classic'` for the one before. */
  type: Extract<GroupType, 'classic' | 'consumer'>
  state: GroupState
  /** The broker that has the group; its id is −1 if nobody could tell any more once the group was described. */
  coordinator: BrokerDescription
  /** Name of what shares the partitions out, such as `range` or `uniform`; empty while there are no members. */
  partitionAssignor: string
  members: MemberDescription[]
  /** Counts the changes of members and subscriptions; null for classic groups. */
  groupEpoch: number | null
  /** The group epoch that the target assignment was made for; null for classic groups. */
  targetAssignmentEpoch: number | null
  /** What this client may do with the group, by Java's names; null unless `includeAuthorizedOperations`, and from brokers before 2.3. */
  authorizedOperations: AclOperation[] | null
}

/** A member of a group of consumers. */
export interface MemberDescription {
  memberId: string
  /** Set for a static member. */
  groupInstanceId: string | null
  clientId: string
  /** Where it is connected from, as `/10.0.0.7`. */
  host: string
  /** Null in classic groups, whose brokers do not know it. */
  rackId: string | null
  /** What it has; empty while a classic group rebalances, and, with a warning logged, where that cannot be read. */
  assignment: TopicPartition[]
  /** What it shall have, once other members have given that up; null in classic groups. */
  targetAssignment: TopicPartition[] | null
  /** The epoch up to which it follows the target assignment; null in classic groups. */
  memberEpoch: number | null
  /** Whether it speaks the new protocol (KIP-848); null in classic groups, and from brokers before 4.0. */
  upgraded: boolean | null
}

/** What a group's coordinator says of it. */
export type CoordinatorsDescription = Omit<ConsumerGroupDescription, 'coordinator'>
