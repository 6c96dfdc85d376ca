import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, string, structs, uint16, uuid } from '../fields.ts'

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: '2+' }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
}

/** Leader, voters and observers of the metadata quorum, and how far each has got (KIP-595, KIP-836, KIP-853). */
export const describeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: '0-2',
  flexible: '0+',
  request: {
    topics: structs({
      topicName: string(),
      partitions: structs({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: nullable(string({ versions: '2+', ignorable: true })),
    topics: structs({
      topicName: string(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ versions: '2+', ignorable: true })),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: structs(replicaState),
        observers: structs(replicaState),
      }),
    }),
    nodes: structs(
      {
        nodeId: int32(),
        listeners: structs({
          name: string(),
          host: string(),
          port: uint16(),
        }),
      },
      { versions: '2+' },
    ),
  },
})
