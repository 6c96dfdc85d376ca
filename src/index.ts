export type { AclOperation } from './admin/acl-operations.ts'
export type { Admin, AdminOptions } from './admin/admin.ts'
export type { NewGroupOffset } from './admin/alter-consumer-group-offsets.ts'
export type { CallOptions } from './admin/call.ts'
export type { ConfigResourceType } from './admin/config-resources.ts'
export type { ConsumerGroupDescription, MemberDescription } from './admin/consumer-group-description.ts'
export type { CreatePartitionsOptions, NewPartitions, PartitionGrowth } from './admin/create-partitions.ts'
export type {
  CreatedTopic,
  CreateTopicsOptions,
  NewTopic,
  ReplicaAssignments,
  TopicConfigs,
} from './admin/create-topics.ts'
export type { DeletedRecords, RecordsToDelete } from './admin/delete-records.ts'
export type { BrokerDescription, ClusterDescription } from './admin/describe-cluster.ts'
export type {
  ConfigEntry,
  ConfigResource,
  ConfigSource,
  ConfigType,
  DescribeConfigsOptions,
  ResourceConfig,
} from './admin/describe-configs.ts'
export type { DescribeConsumerGroupsOptions } from './admin/describe-consumer-groups.ts'
export type { BrokerLogDirs, LogDirDescription, LogDirReplica } from './admin/describe-log-dirs.ts'
export type { PartitionDescription, TopicDescription } from './admin/describe-topics.ts'
export type { ElectionResult, ElectionType } from './admin/elect-leaders.ts'
export type { GroupState, GroupType } from './admin/group-kinds.ts'
export type {
  ConfigAlteration,
  ConfigChange,
  ConfigChanges,
  IncrementalAlterConfigsOptions,
} from './admin/incremental-alter-configs.ts'
export type {
  GroupOffset,
  GroupOffsetsQuery,
  ListConsumerGroupOffsetsOptions,
} from './admin/list-consumer-group-offsets.ts'
export type { GroupListing, ListGroupsOptions, ListGroupsResults } from './admin/list-groups.ts'
export type { ListedOffset, ListOffsetsOptions, OffsetQuery, OffsetSpec } from './admin/list-offsets.ts'
export type { ListTopicsOptions } from './admin/list-topics.ts'
export type {
  AlterPartitionReassignmentsOptions,
  NewPartitionReassignment,
  PartitionReassignment,
} from './admin/partition-reassignments.ts'
export type {
  MemberToRemove,
  RemoveMembersFromConsumerGroupOptions,
} from './admin/remove-members-from-consumer-group.ts'
export type { PartitionMetadata } from './cluster/metadata.ts'
export type { CommitTarget } from './consumer/arguments.ts'
export type {
  Consumer,
  ConsumerCloseOptions,
  ConsumerGroupMetadata,
  IterationOptions,
  QueryOptions,
} from './consumer/consumer.ts'
export type { ConsumerMetrics } from './consumer/consumer-metrics.ts'
export { DeserializationError } from './consumer/deserialization.ts'
export type { Headers } from './consumer/headers.ts'
export type { FoundPlace } from './consumer/list-offsets.ts'
export type { Message, TimestampType } from './consumer/message.ts'
export type { MessageBatch } from './consumer/message-batch.ts'
export type {
  AutoOffsetReset,
  ConsumerOptions,
  DeserializationErrorPolicy,
  Deserializer,
  DeserializerOption,
  IsolationLevel,
  PartitionsListener,
} from './consumer/options.ts'
export type { PollOptions } from './consumer/poll.ts'
export type { HandlerErrorAnswer, RunOptions } from './consumer/runner.ts'
export type { SubscribeTopics } from './consumer/subscription.ts'
export type { TopicPartition, TopicPartitionOffset } from './consumer/topic-partition.ts'
export { channels, type Logger } from './diagnostics.ts'
export {
  AbortError,
  AuthenticationError,
  AuthorizationError,
  BrokerError,
  type ClientErrorCode,
  ClosedError,
  ConnectionError,
  DecodeError,
  EncodeError,
  KafkaError,
  type KafkaErrorCode,
  type KafkaErrorDetails,
  PartialFailureError,
  ProducerFencedError,
  type ResourceType,
  SerializationError,
  TimeoutError,
  UnsupportedVersionError,
  UsageError,
} from './errors.ts'
export { type ConnectOptions, Kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-options.ts'
export type { SaslOptions } from './network/sasl/mechanism.ts'
export type { SocketFactory } from './network/socket.ts'
export type { DeliveryCallback } from './producer/delivery.ts'
export type { Bytes, HeaderValue, MessageHeaders, ProducerMessage, RecordMetadata } from './producer/message.ts'
export type { ProducerMetrics } from './producer/metrics.ts'
export type { Acks, ProducerOptions } from './producer/options.ts'
export type { Partitioner, PartitionerInput } from './producer/partitioner.ts'
export type { Producer, ProducerCloseOptions } from './producer/producer.ts'
export type { CallbackOptions, SendOptions } from './producer/send-options.ts'
export type { Serializer, SerializerOption } from './producer/serializers.ts'
export { type Serde, serde } from './serde.ts'
