import { Deadline } from '../retry.ts'
import type { Delivery } from './delivery.ts'
import type { Message } from './message.ts'

export interface PollOptions {
  /** Most messages in the answer. Default `maxPollRecords`, or 500. */
  maxRecords?: number
  /** How long to wait for the first message, in ms. Default 1000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** One `poll()`: waits for the first partition with messages, then takes what is at hand there and elsewhere. */
export async function poll<K, V>(
  delivery: Delivery<K, V>,
  options: { maxRecords: number; timeoutMs: number; signal?: AbortSignal },
): Promise<Array<Message<K, V>>> {
  const { maxRecords, timeoutMs, signal } = options
  const deadline = new Deadline(timeoutMs)
  const messages: Array<Message<K, V>> = []
  // What comes before a failure is delivered first, and a rebalance waits until that is processed.
  const stopped = (): boolean => messages.length > 0 && (delivery.failed || delivery.handover.wanted)
  delivery.begin('poll()')
  try {
    while (messages.length < maxRecords) {
      // The user gets what there is; only the first message is worth waiting for.
      const waitMs = messages.length > 0 ? 0 : deadline.remainingMs
      const partition = await delivery.nextPartition({ signal, timeoutMs: waitMs, stopped })
      if (partition === null) break
      try {
        const taken = await delivery.takeBatch(partition, maxRecords - messages.length)
        if (taken === undefined) continue
        for (const message of taken) messages.push(message)
        delivery.polled(partition)
      } finally {
        delivery.handover.release()
      }
    }
  } catch (error) {
    // After what comes before it is delivered, the failure comes up again.
    if (messages.length === 0) throw error
  } finally {
    delivery.end()
  }
  if (!delivery.closed) return messages
  delivery.takePolledBack()
  return []
}
