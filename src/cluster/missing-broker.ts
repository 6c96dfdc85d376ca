import { ConnectionError, type KafkaError } from '../errors.ts'

/** The error of a question to a broker that is not, or no longer, in the cluster: waiting for it would have no end. */
export function missingBroker(
  broker: number,
  brokers: ReadonlyMap<number, unknown>,
  cause?: KafkaError,
): ConnectionError {
  const message = `Broker ${broker} is not in the cluster; its brokers are ${[...brokers.keys()].join(', ')}`
  return new ConnectionError(message, { code: 'BROKER_NOT_AVAILABLE', cause })
}
