import { defineApi } from '../api.ts'
import { array, boolean, int16, int32, int64, string, structs } from '../fields.ts'

const addPartitionsToTxnTopic = {
  name: string(),
  partitions: array(int32()),
}

const addPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: structs({
    partitionIndex: int32(),
    partitionErrorCode: int16(),
  }),
}

/**
 * Adds partitions to a transaction before it writes to them (KIP-98). From version 4 on brokers use it among
 * themselves, for many transactions at once, to verify that one is under way (KIP-890).
 */
export const addPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactions: structs(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: boolean({ default: false }),
        topics: structs(addPartitionsToTxnTopic),
      },
      { versions: '4+' },
    ),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: structs(addPartitionsToTxnTopic, { versions: '0-3' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '4+', ignorable: true }),
    resultsByTransaction: structs(
      {
        transactionalId: string(),
        topicResults: structs(addPartitionsToTxnTopicResult),
      },
      { versions: '4+' },
    ),
    resultsByTopicV3AndBelow: structs(addPartitionsToTxnTopicResult, { versions: '0-3' }),
  },
})
