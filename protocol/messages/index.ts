import { addOffsetsToTxn } from './add-offsets-to-txn.ts'
import { addPartitionsToTxn } from './add-partitions-to-txn.ts'
import { addRaftVoter } from './add-raft-voter.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from './alter-replica-log-dirs.ts'
import { alterShareGroupOffsets } from './alter-share-group-offsets.ts'
import { alterUserScramCredentials } from './alter-user-scram-credentials.ts'
import { apiVersions } from './api-versions.ts'
import { consumerGroupDescribe } from './consumer-group-describe.ts'
import { consumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import { createAcls } from './create-acls.ts'
import { createDelegationToken } from './create-delegation-token.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteAcls } from './delete-acls.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteShareGroupOffsets } from './delete-share-group-offsets.ts'
import { deleteShareGroupState } from './delete-share-group-state.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeAcls } from './describe-acls.ts'
import { describeClientQuotas } from './describe-client-quotas.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeDelegationToken } from './describe-delegation-token.ts'
import { describeGroups } from './describe-groups.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeQuorum } from './describe-quorum.ts'
import { describeShareGroupOffsets } from './describe-share-group-offsets.ts'
import { describeTopicPartitions } from './describe-topic-partitions.ts'
import { describeTransactions } from './describe-transactions.ts'
import { describeUserScramCredentials } from './describe-user-scram-credentials.ts'
import { electLeaders } from './elect-leaders.ts'
import { endTxn } from './end-txn.ts'
import { expireDelegationToken } from './expire-delegation-token.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { getTelemetrySubscriptions } from './get-telemetry-subscriptions.ts'
import { heartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import { initProducerId } from './init-producer-id.ts'
import { initializeShareGroupState } from './initialize-share-group-state.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listConfigResources } from './list-config-resources.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { listTransactions } from './list-transactions.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { pushTelemetry } from './push-telemetry.ts'
import { readShareGroupState } from './read-share-group-state.ts'
import { readShareGroupStateSummary } from './read-share-group-state-summary.ts'
import { removeRaftVoter } from './remove-raft-voter.ts'
import { renewDelegationToken } from './renew-delegation-token.ts'
import { saslAuthenticate } from './sasl-authenticate.ts'
import { saslHandshake } from './sasl-handshake.ts'
import { shareAcknowledge } from './share-acknowledge.ts'
import { shareFetch } from './share-fetch.ts'
import { shareGroupDescribe } from './share-group-describe.ts'
import { shareGroupHeartbeat } from './share-group-heartbeat.ts'
import { streamsGroupDescribe } from './streams-group-describe.ts'
import { streamsGroupHeartbeat } from './streams-group-heartbeat.ts'
import { streamsGroupTopologyDescriptionUpdate } from './streams-group-topology-description-update.ts'
import { syncGroup } from './sync-group.ts'
import { txnOffsetCommit } from './txn-offset-commit.ts'
import { unregisterBroker } from './unregister-broker.ts'
import { unregisterController } from './unregister-controller.ts'
import { updateFeatures } from './update-features.ts'
import { writeShareGroupState } from './write-share-group-state.ts'
import { writeTxnMarkers } from './write-txn-markers.ts'

/** Every API that Kafka's brokers have for others, by Kafka's name for it. */
export const apis = {
  AddOffsetsToTxn: addOffsetsToTxn,
  AddPartitionsToTxn: addPartitionsToTxn,
  AddRaftVoter: addRaftVoter,
  AlterClientQuotas: alterClientQuotas,
  AlterConfigs: alterConfigs,
  AlterPartitionReassignments: alterPartitionReassignments,
  AlterReplicaLogDirs: alterReplicaLogDirs,
  AlterShareGroupOffsets: alterShareGroupOffsets,
  AlterUserScramCredentials: alterUserScramCredentials,
  ApiVersions: apiVersions,
  ConsumerGroupDescribe: consumerGroupDescribe,
  ConsumerGroupHeartbeat: consumerGroupHeartbeat,
  CreateAcls: createAcls,
  CreateDelegationToken: createDelegationToken,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteAcls: deleteAcls,
  DeleteGroups: deleteGroups,
  DeleteRecords: deleteRecords,
  DeleteShareGroupOffsets: deleteShareGroupOffsets,
  DeleteShareGroupState: deleteShareGroupState,
  DeleteTopics: deleteTopics,
  DescribeAcls: describeAcls,
  DescribeClientQuotas: describeClientQuotas,
  DescribeCluster: describeCluster,
  DescribeConfigs: describeConfigs,
  DescribeDelegationToken: describeDelegationToken,
  DescribeGroups: describeGroups,
  DescribeLogDirs: describeLogDirs,
  DescribeProducers: describeProducers,
  DescribeQuorum: describeQuorum,
  DescribeShareGroupOffsets: describeShareGroupOffsets,
  DescribeTopicPartitions: describeTopicPartitions,
  DescribeTransactions: describeTransactions,
  DescribeUserScramCredentials: describeUserScramCredentials,
  ElectLeaders: electLeaders,
  EndTxn: endTxn,
  ExpireDelegationToken: expireDelegationToken,
  Fetch: fetch,
  FindCoordinator: findCoordinator,
  GetTelemetrySubscriptions: getTelemetrySubscriptions,
  Heartbeat: heartbeat,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  InitProducerId: initProducerId,
  InitializeShareGroupState: initializeShareGroupState,
  JoinGroup: joinGroup,
  LeaveGroup: leaveGroup,
  ListConfigResources: listConfigResources,
  ListGroups: listGroups,
  ListOffsets: listOffsets,
  ListPartitionReassignments: listPartitionReassignments,
  ListTransactions: listTransactions,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetDelete: offsetDelete,
  OffsetFetch: offsetFetch,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  Produce: produce,
  PushTelemetry: pushTelemetry,
  ReadShareGroupState: readShareGroupState,
  ReadShareGroupStateSummary: readShareGroupStateSummary,
  RemoveRaftVoter: removeRaftVoter,
  RenewDelegationToken: renewDelegationToken,
  SaslAuthenticate: saslAuthenticate,
  SaslHandshake: saslHandshake,
  ShareAcknowledge: shareAcknowledge,
  ShareFetch: shareFetch,
  ShareGroupDescribe: shareGroupDescribe,
  ShareGroupHeartbeat: shareGroupHeartbeat,
  StreamsGroupDescribe: streamsGroupDescribe,
  StreamsGroupHeartbeat: streamsGroupHeartbeat,
  StreamsGroupTopologyDescriptionUpdate: streamsGroupTopologyDescriptionUpdate,
  SyncGroup: syncGroup,
  TxnOffsetCommit: txnOffsetCommit,
  UnregisterBroker: unregisterBroker,
  UnregisterController: unregisterController,
  UpdateFeatures: updateFeatures,
  WriteShareGroupState: writeShareGroupState,
  WriteTxnMarkers: writeTxnMarkers,
} as const

/** Kafka's name of an API, as in {@link apis}. */
export type ApiName = keyof typeof apis

/** Any one of {@link apis}. */
export type KnownApi = (typeof apis)[ApiName]

const byKey: ReadonlyMap<number, KnownApi> = new Map(Object.values(apis).map((api) => [api.key, api]))

/** The API with this number on the wire; `undefined` for one that is not declared here, such as those between brokers. */
export function apiByKey(key: number): KnownApi | undefined {
  return byKey.get(key)
}
