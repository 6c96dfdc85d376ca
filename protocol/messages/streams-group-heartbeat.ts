import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, int64, nullable, string, struct, structs, uint16 } from '../fields.ts'

const keyValue = {
  key: string(),
  value: string(),
}

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: structs(keyValue),
}

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
}

const taskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
}

const topicPartition = {
  topic: string(),
  partitions: array(int32()),
}

/**
 * Joins, stays in and leaves a streams group, whose coordinator knows the topology and assigns tasks (KIP-1071).
 * What has not changed since the last heartbeat is left out.
 */
export const streamsGroupHeartbeat = defineApi({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupId: string(),
    memberId: string(),
    /** 0 joins, −1 leaves, −2 leaves for a while as a static member. */
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: nullable(string({ default: null })),
    rackId: nullable(string({ default: null })),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: nullable(
      struct(
        {
          epoch: int32(),
          subtopologies: structs({
            subtopologyId: string(),
            sourceTopics: array(string()),
            sourceTopicRegex: array(string()),
            stateChangelogTopics: structs(topicInfo),
            repartitionSinkTopics: array(string()),
            repartitionSourceTopics: structs(topicInfo),
            copartitionGroups: structs({
              sourceTopics: array(int16()),
              sourceTopicRegex: array(int16()),
              repartitionSourceTopics: array(int16()),
            }),
          }),
        },
        { default: null },
      ),
    ),
    activeTasks: nullable(structs(taskIds, { default: null })),
    standbyTasks: nullable(structs(taskIds, { default: null })),
    warmupTasks: nullable(structs(taskIds, { default: null })),
    processId: nullable(string({ default: null })),
    userEndpoint: nullable(
      struct(
        {
          host: string(),
          port: uint16(),
        },
        { default: null },
      ),
    ),
    clientTags: nullable(structs(keyValue, { default: null })),
    taskOffsets: nullable(structs(taskOffset, { default: null })),
    taskEndOffsets: nullable(structs(taskOffset, { default: null })),
    shutdownApplication: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLagLegacy: int32({ versions: '0' }),
    taskOffsetIntervalMs: int32(),
    acceptableRecoveryLag: int64({ versions: '1+', default: -1, ignorable: true }),
    status: nullable(
      structs({
        /** 0 stale topology, 1 missing source topics, 2 incorrectly partitioned topics, 3 missing internal topics, 4 shutdown of the application, 5 assignment delayed, 6 missing client tags. */
        statusCode: int8(),
        statusDetail: string(),
      }),
    ),
    activeTasks: nullable(structs(taskIds, { default: null })),
    standbyTasks: nullable(structs(taskIds, { default: null })),
    warmupTasks: nullable(structs(taskIds, { default: null })),
    topologyDescriptionRequired: boolean({ versions: '1+', default: false }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: nullable(
      structs(
        {
          userEndpoint: struct({
            host: string(),
            port: uint16(),
          }),
          activePartitions: structs(topicPartition),
          standbyPartitions: structs(topicPartition),
        },
        { default: null },
      ),
    ),
  },
})
