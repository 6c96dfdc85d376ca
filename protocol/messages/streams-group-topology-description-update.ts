import { defineApi } from '../api.ts'
import { array, int8, int16, int32, nullable, string, struct, structs } from '../fields.ts'

const topologyDescriptionNode = {
  name: string(),
  /** 1 source, 2 processor, 3 sink. */
  nodeType: int8(),
  sourceTopics: array(string()),
  sinkTopic: nullable(string({ default: null })),
  stores: array(string()),
  successors: array(string()),
}

/**
 * Gives the coordinator of a streams group the description of its topology, which StreamsGroupDescribe shows
 * (KIP-1331).
 */
export const streamsGroupTopologyDescriptionUpdate = defineApi({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: '0',
  flexible: '0+',
  request: {
    groupId: string(),
    memberId: string(),
    topologyEpoch: int32(),
    topologyDescription: struct({
      subtopologies: structs({
        subtopologyId: string(),
        nodes: structs(topologyDescriptionNode),
      }),
      globalStores: structs({
        source: struct(topologyDescriptionNode),
        processor: struct(topologyDescriptionNode),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
  },
})
