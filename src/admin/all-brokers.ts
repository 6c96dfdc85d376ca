import { BrokerError, KafkaError, TimeoutError } from '../errors.ts'
import { Backoff, sleep } from '../retry.ts'
import type { Call } from './call.ts'
import type { Outcome } from './outcomes.ts'

/**
 * Asks every broker of the cluster for its part of a whole. Those that cannot be reached, or are not ready, are asked
 * again until time is up. One that leaves the cluster meanwhile hands what it had to the others, which are then asked anew.
 * @param ask asks once
 * @returns the outcome of each broker
 */
export async function askAllBrokers<T>(call: Call, ask: (broker: number) => Promise<T>): Promise<Array<Outcome<T>>> {
  const { retryBackoffMs, retryBackoffMaxMs } = call.cluster.options
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
  const outcomes = new Map<number, Outcome<T>>()
  let { brokers } = await call.refresh()
  for (;;) {
    const open = [...brokers.keys()].filter((broker) => !outcomes.has(broker) || isCurable(outcomes.get(broker)))
    await Promise.all(
      open.map(async (broker) => outcomes.set(broker, await ask(broker).catch((error) => failure(call, error)))),
    )
    const curable = [...outcomes].filter(([, outcome]) => isCurable(outcome))
    const delay = backoff.next()
    if (curable.length === 0 || delay >= call.deadline.remainingMs) break
    await sleep(delay, call.signal)
    const snapshot = await call.refresh().catch((error) => failure(call, error))
    if (snapshot instanceof KafkaError) {
      if (!snapshot.retriable) throw snapshot
    } else {
      brokers = snapshot.brokers
      if (curable.some(([broker]) => !brokers.has(broker))) outcomes.clear()
    }
  }
  return Array.from(outcomes, ([broker, outcome]) => (isCurable(outcome) ? late(call, broker, outcome) : outcome))
}

function failure(call: Call, error: unknown): KafkaError {
  if (!(error instanceof KafkaError) || call.signal.aborted) throw error
  return error
}

function isCurable(outcome: unknown): outcome is KafkaError {
  return outcome instanceof KafkaError && outcome.retriable
}

/** A code that the broker kept giving is the outcome; where there was no answer, time is what ran out. */
function late(call: Call, broker: number, trouble: KafkaError): KafkaError {
  if (trouble instanceof BrokerError) return trouble
  const timeoutMs = Math.round(call.deadline.timeoutMs)
  return new TimeoutError(`Broker ${broker}: no answer within ${timeoutMs} ms: ${trouble.message}`, { cause: trouble })
}
