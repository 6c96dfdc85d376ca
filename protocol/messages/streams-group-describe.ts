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

const taskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
}

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
}

const assignment = {
  activeTasks: structs(taskIds),
  standbyTasks: structs(taskIds),
  warmupTasks: structs(taskIds),
}

const topologyDescriptionNode = {
  name: string({ versions: '1+' }),
  /** 1 source, 2 processor, 3 sink. */
  nodeType: int8({ versions: '1+' }),
  sourceTopics: array(string(), { versions: '1+' }),
  sinkTopic: nullable(string({ versions: '1+', default: null })),
  stores: array(string(), { versions: '1+' }),
  successors: array(string(), { versions: '1+' }),
}

/** State, topology, members and tasks of streams groups (KIP-1071). */
export const streamsGroupDescribe = defineApi({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: '0-1',
  flexible: '0+',
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean(),
    includeTopologyDescription: boolean({ versions: '1+', default: false }),
  },
  response: {
    throttleTimeMs: int32(),
    groups: structs({
      errorCode: int16(),
      errorMessage: nullable(string({ default: null })),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: nullable(
        struct(
          {
            epoch: int32(),
            subtopologies: nullable(
              structs(
                {
                  subtopologyId: string(),
                  sourceTopics: array(string()),
                  repartitionSinkTopics: array(string()),
                  stateChangelogTopics: structs(topicInfo),
                  repartitionSourceTopics: structs(topicInfo),
                },
                { default: null },
              ),
            ),
          },
          { default: null },
        ),
      ),
      members: structs({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: nullable(string({ default: null })),
        rackId: nullable(string({ default: null })),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: nullable(
          struct(
            {
              host: string(),
              port: uint16(),
            },
            { default: null },
          ),
        ),
        clientTags: structs(keyValue),
        taskOffsets: structs(taskOffset),
        taskEndOffsets: structs(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: boolean(),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
      topologyDescription: nullable(
        struct(
          {
            subtopologies: structs({
              subtopologyId: string(),
              nodes: structs(topologyDescriptionNode),
            }),
            globalStores: structs({
              source: struct(topologyDescriptionNode),
              processor: struct(topologyDescriptionNode),
            }),
          },
          { versions: '1+', default: null },
        ),
      ),
      /** 0 not asked for, 1 none stored, 2 the broker could not read it, 3 there it is. */
      topologyDescriptionStatus: int8({ versions: '1+', default: 0 }),
      assignorName: nullable(string({ versions: '1+', default: null, ignorable: true })),
    }),
  },
})
