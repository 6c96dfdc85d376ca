import type { Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import { AbortError, ClosedError } from '../errors.ts'
import { integer, nonEmptyText, type OptionSchema, optional, readOptions } from '../options.ts'
import { alterConsumerGroupOffsets, type NewGroupOffset, readNewGroupOffsets } from './alter-consumer-group-offsets.ts'
import { Call, type CallOptions, callOptions } from './call.ts'
import type { ConsumerGroupDescription } from './consumer-group-description.ts'
import {
  type CreatePartitionsOptions,
  createPartitions,
  createPartitionsOptions,
  type PartitionGrowth,
  readPartitionGrowth,
} from './create-partitions.ts'
import {
  type CreatedTopic,
  type CreateTopicsOptions,
  createTopics,
  createTopicsOptions,
  type NewTopic,
  readNewTopics,
} from './create-topics.ts'
import { deleteConsumerGroupOffsets, readOffsetsToDelete } from './delete-consumer-group-offsets.ts'
import { deleteConsumerGroups } from './delete-consumer-groups.ts'
import { type DeletedRecords, deleteRecords, type RecordsToDelete, readRecordsToDelete } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { type ClusterDescription, describeCluster } from './describe-cluster.ts'
import {
  type ConfigResource,
  type DescribeConfigsOptions,
  describeConfigs,
  describeConfigsOptions,
  type ResourceConfig,
  readDescribedResources,
} from './describe-configs.ts'
import {
  type DescribeConsumerGroupsOptions,
  describeConsumerGroups,
  describeConsumerGroupsOptions,
} from './describe-consumer-groups.ts'
import { type BrokerLogDirs, describeLogDirs, readBrokers } from './describe-log-dirs.ts'
import { describeTopics, type TopicDescription } from './describe-topics.ts'
import {
  type ElectionResult,
  type ElectionType,
  electLeaders,
  readElections,
  readElectionType,
} from './elect-leaders.ts'
import {
  type ConfigAlteration,
  type IncrementalAlterConfigsOptions,
  incrementalAlterConfigs,
  incrementalAlterConfigsOptions,
  readAlterations,
} from './incremental-alter-configs.ts'
import {
  type GroupOffset,
  type GroupOffsetsQuery,
  type ListConsumerGroupOffsetsOptions,
  listConsumerGroupOffsetsOptions,
  listOffsetsOfGroup,
  listOffsetsOfGroups,
  readGroupOffsetsQuery,
} from './list-consumer-group-offsets.ts'
import { type GroupListing, type ListGroupsOptions, listGroups, listGroupsOptions } from './list-groups.ts'
import {
  type ListedOffset,
  type ListOffsetsOptions,
  listOffsets,
  listOffsetsOptions,
  type OffsetQuery,
  readOffsetQueries,
} from './list-offsets.ts'
import { type ListTopicsOptions, listTopics, listTopicsOptions } from './list-topics.ts'
import { readNames } from './names.ts'
import type { ByName } from './outcomes.ts'
import {
  type AlterPartitionReassignmentsOptions,
  alterPartitionReassignments,
  alterPartitionReassignmentsOptions,
  listPartitionReassignments,
  type NewPartitionReassignment,
  type PartitionReassignment,
  readReassigned,
  readReassignments,
} from './partition-reassignments.ts'
import {
  type RemoveMembersFromConsumerGroupOptions,
  removeMembersFromConsumerGroup,
  removeMembersOptions,
} from './remove-members-from-consumer-group.ts'

export interface AdminOptions {
  /** Time for a call that is not given a `timeoutMs` of its own, in ms. Default: that of the `Kafka`. */
  defaultApiTimeoutMs?: number
}

const adminOptions: OptionSchema<Pick<AdminOptions, 'defaultApiTimeoutMs'>> = {
  defaultApiTimeoutMs: optional(integer(1)),
}

/**
 * Creates, changes and describes what is in a cluster. Method names are the Java Admin's.
 *
 * A call about several things tries each of them. If any failed it rejects with a {@link PartialFailureError}
 * whose `results` holds the outcome of each: keyed by name like the result of the call itself, or in the
 * order asked where that is a list. Where all failures are of one kind its `code` is theirs. Where nothing could be asked
 * for one reason that holds for all of them, such as a wrong password, the call rejects with that error itself.
 *
 * Every method throws a `UsageError` that names the wrong argument, a `TimeoutError` when time is up,
 * an `AbortError` when its `signal` is aborted, and a `ClosedError` after `close()`.
 */
export class Admin {
  readonly #cluster: Cluster
  readonly #timeoutMs: number
  readonly #onClose: () => void
  readonly #closing = new AbortController()

  constructor(cluster: Cluster, options: AdminOptions = {}, onClose: () => void = () => {}) {
    const { defaultApiTimeoutMs } = readOptions('kafka.admin()', adminOptions, options)
    this.#cluster = cluster
    this.#timeoutMs = defaultApiTimeoutMs ?? cluster.options.defaultApiTimeoutMs
    this.#onClose = onClose
  }

  /**
   * Makes topics, and resolves once every broker that can be reached knows them and who leads their
   * partitions, waiting at most 5 s for that (Java resolves before).
   * @throws PartialFailureError with, say, `TOPIC_ALREADY_EXISTS`. After a lost connection that can also mean
   * that an earlier try of this call made the topic.
   */
  async createTopics(topics: readonly NewTopic[], options: CreateTopicsOptions = {}): Promise<ByName<CreatedTopic>> {
    const checked = readNewTopics(topics)
    const { validateOnly, ...rest } = readOptions('admin.createTopics()', createTopicsOptions, options)
    return this.#call(rest, (call) => createTopics(call, checked, validateOnly))
  }

  /**
   * Deletes topics with all their records, and resolves once no broker that can be reached knows them,
   * waiting at most 5 s for that (Java resolves before).
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`, which after a lost connection can also mean that an
   * earlier try of this call deleted the topic
   */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    const checked = readNames(names, 'admin.deleteTopics(): names')
    return this.#call(readOptions('admin.deleteTopics()', callOptions, options), (call) => deleteTopics(call, checked))
  }

  /** Names of all topics, sorted. */
  async listTopics(options: ListTopicsOptions = {}): Promise<string[]> {
    const { listInternal, ...rest } = readOptions('admin.listTopics()', listTopicsOptions, options)
    return this.#call(rest, (call) => listTopics(call, listInternal))
  }

  /**
   * Topics with their partitions, leaders and replicas, by name.
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`
   */
  async describeTopics(names: readonly string[], options: CallOptions = {}): Promise<ByName<TopicDescription>> {
    const checked = readNames(names, 'admin.describeTopics(): names')
    const read = readOptions('admin.describeTopics()', callOptions, options)
    return this.#call(read, (call) => describeTopics(call, checked))
  }

  /**
   * Adds partitions to topics, and resolves once every broker that can be reached knows them, waiting at
   * most 5 s for that (Java resolves before). Records stay where they are, so a key's new records may land
   * on another partition than its old ones.
   * @throws PartialFailureError with, say, `INVALID_PARTITIONS`, which after a lost connection can also mean that an
   * earlier try of this call added the partitions
   */
  async createPartitions(topics: PartitionGrowth, options: CreatePartitionsOptions = {}): Promise<void> {
    const checked = readPartitionGrowth(topics)
    const { validateOnly, ...rest } = readOptions('admin.createPartitions()', createPartitionsOptions, options)
    return this.#call(rest, (call) => createPartitions(call, checked, validateOnly))
  }

  /** The cluster's id, its brokers, and the one that takes requests for the controller. */
  async describeCluster(options: CallOptions = {}): Promise<ClusterDescription> {
    return this.#call(readOptions('admin.describeCluster()', callOptions, options), describeCluster)
  }

  /**
   * The configurations of topics, brokers and more, in the order asked.
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`
   */
  async describeConfigs(
    resources: readonly ConfigResource[],
    options: DescribeConfigsOptions = {},
  ): Promise<ResourceConfig[]> {
    const checked = readDescribedResources(resources)
    const { includeSynonyms, includeDocumentation, ...rest } = readOptions(
      'admin.describeConfigs()',
      describeConfigsOptions,
      options,
    )
    return this.#call(rest, (call) => describeConfigs(call, checked, { includeSynonyms, includeDocumentation }))
  }

  /**
   * Changes single configurations of topics, brokers and more, and leaves all others as they are. Resolves when the change
   * is decided: each broker follows it a moment later. Needs brokers of Kafka 2.3 or later.
   * @throws PartialFailureError with, say, `INVALID_CONFIG`; its `results` has null for what was changed
   */
  async incrementalAlterConfigs(
    resources: readonly ConfigAlteration[],
    options: IncrementalAlterConfigsOptions = {},
  ): Promise<void> {
    const checked = readAlterations(resources)
    const { validateOnly, ...rest } = readOptions(
      'admin.incrementalAlterConfigs()',
      incrementalAlterConfigsOptions,
      options,
    )
    return this.#call(rest, (call) => incrementalAlterConfigs(call, checked, validateOnly))
  }

  /**
   * Offsets of partitions by place or time, in the order asked; −1 where there is no such record.
   * @throws PartialFailureError with, say, `UNKNOWN_TOPIC_OR_PARTITION`, or `UNSUPPORTED_VERSION` for what a
   * partition's leader is too old to know
   */
  async listOffsets(partitions: readonly OffsetQuery[], options: ListOffsetsOptions = {}): Promise<ListedOffset[]> {
    const checked = readOffsetQueries(partitions)
    const { isolationLevel, ...rest } = readOptions('admin.listOffsets()', listOffsetsOptions, options)
    return this.#call(rest, (call) => listOffsets(call, checked, isolationLevel))
  }

  /**
   * Deletes the records before an offset, for good, and tells what each partition begins with now, in the order asked.
   * @throws UsageError also for the offset −1, by which results say that there is none. PartialFailureError with, say,
   * `OFFSET_OUT_OF_RANGE` for an offset beyond the end, or `POLICY_VIOLATION` for a topic that is compacted only.
   */
  async deleteRecords(partitions: readonly RecordsToDelete[], options: CallOptions = {}): Promise<DeletedRecords[]> {
    const checked = readRecordsToDelete(partitions)
    const read = readOptions('admin.deleteRecords()', callOptions, options)
    return this.#call(read, (call) => deleteRecords(call, checked))
  }

  /**
   * Has leaders elected, in the order asked; `null` means all partitions whose leader is not the one of that type, and the
   * result names those for which there was an election. Needs brokers of Kafka 2.2, and 2.4 for `'unclean'`.
   * @throws PartialFailureError with, say, `PREFERRED_LEADER_NOT_AVAILABLE`
   */
  async electLeaders(
    electionType: ElectionType,
    partitions: readonly TopicPartition[] | null,
    options: CallOptions = {},
  ): Promise<ElectionResult[]> {
    const type = readElectionType(electionType)
    const checked = readElections(partitions)
    const read = readOptions('admin.electLeaders()', callOptions, options)
    return this.#call(read, (call) => electLeaders(call, type, checked))
  }

  /**
   * Moves partitions to other brokers, or stops a move. Resolves when the moves have begun; `listPartitionReassignments()`
   * tells which are still under way. Needs brokers of Kafka 2.4 or later.
   * @throws PartialFailureError with, say, `INVALID_REPLICA_ASSIGNMENT` or `NO_REASSIGNMENT_IN_PROGRESS`; its `results` has
   * null for what was begun or stopped
   */
  async alterPartitionReassignments(
    reassignments: readonly NewPartitionReassignment[],
    options: AlterPartitionReassignmentsOptions = {},
  ): Promise<void> {
    const checked = readReassignments(reassignments)
    const { allowReplicationFactorChange, ...rest } = readOptions(
      'admin.alterPartitionReassignments()',
      alterPartitionReassignmentsOptions,
      options,
    )
    return this.#call(rest, (call) => alterPartitionReassignments(call, checked, allowReplicationFactorChange))
  }

  /**
   * The moves of partitions that are under way, by topic and partition; of all partitions unless some are named. What is
   * not moved, or does not exist, is left out. Needs brokers of Kafka 2.4 or later.
   */
  async listPartitionReassignments(
    partitions: readonly TopicPartition[] | null = null,
    options: CallOptions = {},
  ): Promise<PartitionReassignment[]> {
    const checked = readReassigned(partitions)
    const read = readOptions('admin.listPartitionReassignments()', callOptions, options)
    return this.#call(read, (call) => listPartitionReassignments(call, checked))
  }

  /**
   * The log directories of brokers with the replicas in them, in the order asked; of all brokers, by id, unless some are
   * named.
   * @throws PartialFailureError with, say, `CLUSTER_AUTHORIZATION_FAILED`
   */
  async describeLogDirs(
    brokerIds: readonly number[] | null = null,
    options: CallOptions = {},
  ): Promise<BrokerLogDirs[]> {
    const checked = readBrokers(brokerIds)
    const read = readOptions('admin.describeLogDirs()', callOptions, options)
    return this.#call(read, (call) => describeLogDirs(call, checked))
  }

  /**
   * The groups that all brokers together have, sorted by id: of consumers, of Connect, share groups and more.
   * @throws PartialFailureError when some brokers cannot be asked; its `results` is `{ groups, failures }`: what the others
   * told, and why there is nothing from these
   */
  async listGroups(options: ListGroupsOptions = {}): Promise<GroupListing[]> {
    const { types, protocolTypes, states, ...rest } = readOptions('admin.listGroups()', listGroupsOptions, options)
    return this.#call(rest, (call) => listGroups(call, { types, protocolTypes, states }))
  }

  /**
   * Groups of consumers with their state, members and what these are assigned, by id.
   * @throws PartialFailureError with, say, `GROUP_ID_NOT_FOUND`, also for a group of something else than consumers
   */
  async describeConsumerGroups(
    groupIds: readonly string[],
    options: DescribeConsumerGroupsOptions = {},
  ): Promise<ByName<ConsumerGroupDescription>> {
    const checked = readNames(groupIds, 'admin.describeConsumerGroups(): groupIds')
    const { includeAuthorizedOperations, ...rest } = readOptions(
      'admin.describeConsumerGroups()',
      describeConsumerGroupsOptions,
      options,
    )
    return this.#call(rest, (call) => describeConsumerGroups(call, checked, includeAuthorizedOperations))
  }

  /**
   * Deletes groups without members, and all that they have committed.
   * @throws PartialFailureError with, say, `NON_EMPTY_GROUP` or `GROUP_ID_NOT_FOUND`; its `results` has null for what was
   * deleted. After a lost connection `GROUP_ID_NOT_FOUND` can also mean that an earlier try of this call deleted the group.
   */
  async deleteConsumerGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<void> {
    const checked = readNames(groupIds, 'admin.deleteConsumerGroups(): groupIds')
    const read = readOptions('admin.deleteConsumerGroups()', callOptions, options)
    return this.#call(read, (call) => deleteConsumerGroups(call, checked))
  }

  /**
   * What a group has committed, by topic and partition; a group that does not exist has committed nothing. Or what
   * several groups have, by their ids, and of each only for some partitions, in the order asked: the offset is −1 where
   * nothing is committed.
   * @throws BrokerError with, say, `GROUP_AUTHORIZATION_FAILED`, about the whole of one group, or PartialFailureError with
   * the outcome of each of its partitions. About several groups PartialFailureError with the outcome of each group, which
   * is one of these errors.
   */
  listConsumerGroupOffsets(groupId: string, options?: ListConsumerGroupOffsetsOptions): Promise<GroupOffset[]>
  listConsumerGroupOffsets(
    groups: GroupOffsetsQuery,
    options?: ListConsumerGroupOffsetsOptions,
  ): Promise<ByName<GroupOffset[]>>
  async listConsumerGroupOffsets(
    groups: string | GroupOffsetsQuery,
    options: ListConsumerGroupOffsetsOptions = {},
  ): Promise<GroupOffset[] | ByName<GroupOffset[]>> {
    const checked = typeof groups === 'string' && groups !== '' ? groups : readGroupOffsetsQuery(groups)
    const { requireStable, ...rest } = readOptions(
      'admin.listConsumerGroupOffsets()',
      listConsumerGroupOffsetsOptions,
      options,
    )
    return typeof checked === 'string'
      ? this.#call(rest, (call) => listOffsetsOfGroup(call, checked, null, requireStable))
      : this.#call(rest, (call) => listOffsetsOfGroups(call, checked, requireStable))
  }

  /**
   * Sets where a group without members goes on; the group is made if there is none. What `listConsumerGroupOffsets()` and
   * `listOffsets()` return can be given to it but for the partitions whose offset is −1, which is no place to go on.
   * @throws PartialFailureError with, say, `UNKNOWN_MEMBER_ID` while the group has members, or `UNKNOWN_TOPIC_OR_PARTITION`;
   * its `results` has null for what was set
   */
  async alterConsumerGroupOffsets(
    groupId: string,
    offsets: readonly NewGroupOffset[],
    options: CallOptions = {},
  ): Promise<void> {
    const group = nonEmptyText(groupId, 'admin.alterConsumerGroupOffsets(): groupId')
    const checked = readNewGroupOffsets(offsets)
    const read = readOptions('admin.alterConsumerGroupOffsets()', callOptions, options)
    return this.#call(read, (call) => alterConsumerGroupOffsets(call, group, checked))
  }

  /**
   * Deletes what a group has committed for topics that none of its members is subscribed to. Needs brokers of Kafka 2.4 or
   * later.
   * @throws PartialFailureError with, say, `GROUP_SUBSCRIBED_TO_TOPIC`; its `results` has null for what was deleted, or was
   * not there. BrokerError `GROUP_ID_NOT_FOUND`, or another code about the whole group.
   */
  async deleteConsumerGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<void> {
    const group = nonEmptyText(groupId, 'admin.deleteConsumerGroupOffsets(): groupId')
    const checked = readOffsetsToDelete(partitions)
    const read = readOptions('admin.deleteConsumerGroupOffsets()', callOptions, options)
    return this.#call(read, (call) => deleteConsumerGroupOffsets(call, group, checked))
  }

  /**
   * Makes members leave a group: some static ones, or, with `members: null`, all that it has. One that still runs joins
   * again.
   * @throws PartialFailureError with, say, `UNKNOWN_MEMBER_ID`; its `results` has the outcome of each by its
   * `groupInstanceId`, or its member id if it has none, and null for who was removed. BrokerError `GROUP_ID_NOT_FOUND`, or
   * another code about the whole group. After a lost connection `UNKNOWN_MEMBER_ID` can also mean that an earlier try of
   * this call removed the member.
   */
  async removeMembersFromConsumerGroup(groupId: string, options: RemoveMembersFromConsumerGroupOptions): Promise<void> {
    const group = nonEmptyText(groupId, 'admin.removeMembersFromConsumerGroup(): groupId')
    const { members, reason, ...rest } = readOptions(
      'admin.removeMembersFromConsumerGroup()',
      removeMembersOptions,
      options,
    )
    return this.#call(rest, (call) => removeMembersFromConsumerGroup(call, group, { members, reason }))
  }

  /** Ends calls that are still running with a `ClosedError`. Safe to call more than once. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#onClose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call<T>({ timeoutMs, signal }: CallOptions, run: (call: Call) => Promise<T>): Promise<T> {
    const closing = this.#closing.signal
    if (closing.aborted) throw new ClosedError('The admin client is closed')
    const either = signal === undefined ? closing : AbortSignal.any([closing, signal])
    try {
      return await run(new Call(this.#cluster, timeoutMs ?? this.#timeoutMs, either))
    } catch (error) {
      if (error instanceof AbortError && closing.aborted) throw new ClosedError('The admin client was closed')
      throw error
    }
  }
}
