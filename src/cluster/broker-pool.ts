import { ClosedError, ConnectionError, type KafkaError } from '../errors.ts'
import { Broker, type BrokerOptions } from '../network/broker.ts'
import type { BrokerAddress } from './metadata.ts'

/**
 * One client instance's own connections, one to each broker it needs. What can block (long polls, big
 * produce requests, joins of a group) must not stand in a queue before other clients' requests, so
 * producers and consumers have pools of their own; only metadata and control requests share one.
 */
export class BrokerPool {
  readonly #options: BrokerOptions
  readonly #address: (id: number) => BrokerAddress | undefined
  readonly #onClose: () => void
  readonly #brokers = new Map<number, Broker>()
  #closed = false

  constructor(options: BrokerOptions, address: (id: number) => BrokerAddress | undefined, onClose: () => void) {
    this.#options = options
    this.#address = address
    this.#onClose = onClose
  }

  /**
   * The broker with this id, or `undefined` while metadata has never named it. When the broker has moved
   * to another address (KIP-899's case of a replaced machine) the old connection ends here, and what was under way
   * on it is worth another try.
   * @throws ClosedError after `close()`
   */
  broker(id: number): Broker | undefined {
    if (this.#closed) throw new ClosedError('The client is closed')
    const address = this.#address(id)
    const open = this.#brokers.get(id)
    // A broker that has left metadata may be restarting: its connection decides by itself when to end.
    if (address === undefined || (open !== undefined && open.host === address.host && open.port === address.port)) {
      return open
    }
    const broker = new Broker(address, this.#options)
    this.#brokers.set(id, broker)
    open?.close(new ConnectionError(`${open.name} has moved to ${broker.name}`, { broker: open.name }))
    return broker
  }

  /** Those that have been asked for so far. */
  get brokers(): IterableIterator<Broker> {
    return this.#brokers.values()
  }

  /** Ends every connection; whoever waits for an answer gets the error. */
  close(error?: KafkaError): void {
    if (this.#closed) return
    this.#closed = true
    for (const broker of this.#brokers.values()) broker.close(error)
    this.#brokers.clear()
    this.#onClose()
  }
}
