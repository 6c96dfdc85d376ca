import type { Delivery } from './delivery.ts'
import type { Message } from './message.ts'
import type { AssignedPartition } from './partitions.ts'

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
  const messages: Array<Message<K, V>> = []
  const takenFrom = new Set<AssignedPartition>()
  delivery.begin('poll()')
  try {
    let waitMs = timeoutMs
    while (messages.length < maxRecords) {
      const partition = await delivery.nextPartition({ signal, timeoutMs: waitMs })
      if (partition === null) break
      const taken = await delivery.takeBatch(partition, maxRecords - messages.length)
      if (taken === undefined) continue
      messages.push(...taken)
      takenFrom.add(partition)
      // The user gets what there is; only the first message is worth waiting for.
      waitMs = 0
    }
  } catch (error) {
    // What comes before the failure is delivered first; then the failure comes up again.
    if (messages.length === 0) throw error
  } finally {
    delivery.end()
    delivery.polled([...takenFrom])
  }
  return messages
}
