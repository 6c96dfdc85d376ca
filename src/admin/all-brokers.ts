import { missingBroker } from '../cluster/missing-broker.ts'
import { BrokerError, KafkaError, TimeoutError } from '../errors.ts'
import type { Call } from './call.ts'
import { type Outcome, outcomeOf } from './outcomes.ts'

/**
 * Asks every broker of the cluster for its part of a whole. Those that cannot be reached, or are not ready, are asked
 * again until time is up, and none waits for another. One that leaves the cluster meanwhile hands what it had to the
 * others, which are then asked anew.
 * @param ask asks once
 * @returns the outcome of each broker, in the order of their ids
 */
export async function askAllBrokers<T>(call: Call, ask: (broker: number) => Promise<T>): Promise<Array<Outcome<T>>> {
  let { brokers } = await call.refresh()
  for (;;) {
    const ids = [...brokers.keys()].sort((a, b) => a - b)
    // Noted as they leave: by now they may be back.
    const left: number[] = []
    const outcomes = await Promise.all(ids.map((broker) => askBroker(call, broker, ask, left)))
    if (left.length === 0 || call.deadline.expired) return outcomes
    brokers = call.cluster.metadata.brokers
  }
}

/** The outcome of one broker: when it has answered, time is up, or it has left the cluster and is among those who did. */
async function askBroker<T>(
  call: Call,
  broker: number,
  ask: (broker: number) => Promise<T>,
  left: number[],
): Promise<Outcome<T>> {
  const backoff = call.backoff()
  for (;;) {
    const outcome = await outcomeOf(call, ask(broker))
    if (!(outcome instanceof KafkaError) || !outcome.retriable) return outcome
    if (!(await call.pause(backoff))) return late(call, broker, outcome)
    const snapshot = await outcomeOf(call, call.refreshOnce())
    if (snapshot instanceof KafkaError) {
      if (!snapshot.retriable) throw snapshot
    } else if (!snapshot.brokers.has(broker)) {
      left.push(broker)
      return missingBroker(broker, snapshot.brokers, outcome)
    }
  }
}

/** A code that the broker kept giving is the outcome; where there was no answer, time is what ran out. */
function late(call: Call, broker: number, trouble: KafkaError): KafkaError {
  if (trouble instanceof BrokerError) return trouble
  const timeoutMs = Math.round(call.deadline.timeoutMs)
  return new TimeoutError(`Broker ${broker}: no answer within ${timeoutMs} ms: ${trouble.message}`, { cause: trouble })
}
