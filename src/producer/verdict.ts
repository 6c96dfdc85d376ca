import { brokerErrorInfo, errorCode } from '../../protocol/errors.ts'
import {
  KAFKA_STORAGE_ERROR,
  NOT_LEADER_OR_FOLLOWER,
  UNKNOWN_SERVER_ERROR,
  UNKNOWN_TOPIC_OR_PARTITION,
} from '../cluster/error-codes.ts'

const NONE = 0
const REQUEST_TIMED_OUT = errorCode('REQUEST_TIMED_OUT')
const MESSAGE_TOO_LARGE = errorCode('MESSAGE_TOO_LARGE')
const RECORD_LIST_TOO_LARGE = errorCode('RECORD_LIST_TOO_LARGE')
const NOT_ENOUGH_REPLICAS_AFTER_APPEND = errorCode('NOT_ENOUGH_REPLICAS_AFTER_APPEND')
const OUT_OF_ORDER_SEQUENCE_NUMBER = errorCode('OUT_OF_ORDER_SEQUENCE_NUMBER')
const DUPLICATE_SEQUENCE_NUMBER = errorCode('DUPLICATE_SEQUENCE_NUMBER')
const INVALID_PRODUCER_EPOCH = errorCode('INVALID_PRODUCER_EPOCH')
const UNKNOWN_PRODUCER_ID = errorCode('UNKNOWN_PRODUCER_ID')
const INVALID_RECORD = errorCode('INVALID_RECORD')
const INVALID_TIMESTAMP = errorCode('INVALID_TIMESTAMP')

const MAYBE_WRITTEN: ReadonlySet<number> = new Set([
  UNKNOWN_SERVER_ERROR,
  UNKNOWN_TOPIC_OR_PARTITION,
  NOT_LEADER_OR_FOLLOWER,
  REQUEST_TIMED_OUT,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  KAFKA_STORAGE_ERROR,
])

/** What happens to a batch after an answer. */
export type Verdict =
  | 'done'
  /** Again, with the same sequence. */
  | 'retry'
  /** Again, under a new epoch: the log cannot have it. */
  | 'retry-in-new-epoch'
  /** Likewise, and the log cannot have those behind it either. */
  | 'retry-after-gap'
  /** Again, in smaller batches. */
  | 'split'
  /** Again, without the records that the answer names. */
  | 'retry-without-invalid'
  | 'reject'

export interface BatchSituation {
  idempotent: boolean
  /** No batch of the partition before it is unanswered or comes again. */
  first: boolean
  /** An earlier attempt may have written it. */
  maybeWritten: boolean
  records: number
  /** How many records the answer names as invalid. */
  invalidRecords: number
}

/** Judges one partition's error code in an answer to Produce. */
export function judge(code: number, batch: BatchSituation): Verdict {
  if (code === NONE || code === DUPLICATE_SEQUENCE_NUMBER) return 'done'
  // A batch that may be in the log comes again as it was or not at all: in others the broker would not know its records.
  if (!batch.idempotent || !batch.maybeWritten) {
    if ((code === MESSAGE_TOO_LARGE || code === RECORD_LIST_TOO_LARGE) && batch.records > 1) return 'split'
    const invalid = code === INVALID_RECORD || code === INVALID_TIMESTAMP
    if (invalid && batch.invalidRecords > 0 && batch.invalidRecords < batch.records) return 'retry-without-invalid'
  }
  if (batch.idempotent) {
    if (code === OUT_OF_ORDER_SEQUENCE_NUMBER) {
      // Behind another batch the gap is that batch, which comes again first. At the head of the line the broker waits
      // for what will not come; had it this batch, it would have called it a duplicate. Sequences are written without
      // gaps, so it has none of those behind it either.
      return batch.first ? 'retry-after-gap' : 'retry'
    }
    if (code === UNKNOWN_PRODUCER_ID || code === INVALID_PRODUCER_EPOCH) {
      // It has forgotten the producer, and so cannot tell any more whether it has the batch.
      return batch.maybeWritten ? 'reject' : 'retry-in-new-epoch'
    }
  }
  return brokerErrorInfo(code)?.retriable ? 'retry' : 'reject'
}

/**
 * After this answer the records may be in the log although they were not acknowledged. While a batch that is written
 * waits for the replicas, its topic can be deleted, its leader move and its disk fail, and these are the answer then.
 */
export function mayBeWritten(code: number): boolean {
  return MAYBE_WRITTEN.has(code) || brokerErrorInfo(code) === undefined
}
