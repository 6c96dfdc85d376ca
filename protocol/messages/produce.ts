import { defineApi } from '../api.ts'
import { int16, int32, int64, nullable, records, string, struct, structs, uuid } from '../fields.ts'

/**
 * Record batches for the partitions that a broker leads. Answered unless `acks` is 0. By topic id from version 13
 * on (KIP-516).
 */
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  request: {
    transactionalId: nullable(string({ default: null })),
    acks: int16(),
    timeoutMs: int32(),
    topicData: structs({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionData: structs({
        index: int32(),
        records: nullable(records()),
      }),
    }),
  },
  response: {
    responses: structs({
      name: string({ versions: '3-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionResponses: structs({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1, ignorable: true }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        recordErrors: structs(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: nullable(string({ default: null })),
          },
          { versions: '8+', ignorable: true },
        ),
        errorMessage: nullable(string({ versions: '8+', default: null, ignorable: true })),
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { versions: '10+', tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32({ default: 0, ignorable: true }),
    nodeEndpoints: structs(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: nullable(string({ default: null })),
      },
      { versions: '10+', tag: 0 },
    ),
  },
})
