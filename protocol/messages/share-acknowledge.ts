import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, int64, nullable, string, struct, structs, uuid } from '../fields.ts'

/** Says what became of records that a member of a share group acquired (KIP-932). */
export const shareAcknowledge = defineApi({
  key: 79,
  name: 'ShareAcknowledge',
  versions: '1-2',
  flexible: '0+',
  request: {
    groupId: nullable(string({ default: null })),
    memberId: nullable(string()),
    /** 0 opens a session, −1 ends it; otherwise it grows by one with each request. */
    shareSessionEpoch: int32(),
    isRenewAck: boolean({ versions: '2+', default: false }),
    topics: structs({
      topicId: uuid(),
      partitions: structs({
        partitionIndex: int32(),
        acknowledgementBatches: structs({
          firstOffset: int64(),
          lastOffset: int64(),
          /** For each record, or one for all: 0 gap, 1 accept, 2 release, 3 reject, 4 renew. */
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    acquisitionLockTimeoutMs: int32({ versions: '2+', ignorable: true }),
    responses: structs({
      topicId: uuid(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ default: null })),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
      }),
    }),
    nodeEndpoints: structs({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string({ default: null })),
    }),
  },
})
