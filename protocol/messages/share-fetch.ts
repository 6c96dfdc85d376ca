import { defineApi } from '../api.ts'
import {
  array,
  boolean,
  int8,
  int16,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  structs,
  uuid,
} from '../fields.ts'

/**
 * Acquires records for a member of a share group, and can acknowledge others on the way (KIP-932). From version 2 on
 * acquisition locks can be renewed (KIP-1222).
 */
export const shareFetch = defineApi({
  key: 78,
  name: 'ShareFetch',
  versions: '1-2',
  flexible: '0+',
  request: {
    groupId: nullable(string({ default: null })),
    memberId: nullable(string()),
    /** 0 opens a session, −1 ends it; otherwise it grows by one with each request. */
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    maxRecords: int32(),
    batchSize: int32(),
    /** 0 by batches, 1 no more than `maxRecords` (KIP-1206). */
    shareAcquireMode: int8({ versions: '2+', default: 0, ignorable: true }),
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
    forgottenTopicsData: structs({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ default: null })),
    acquisitionLockTimeoutMs: int32(),
    responses: structs({
      topicId: uuid(),
      partitions: structs({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ default: null })),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: nullable(string({ default: null })),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records(),
        acquiredRecords: structs({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryCount: int16(),
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
