import { onTestFinished } from 'vitest'
import { Broker, type BrokerOptions } from '../../../src/network/broker.ts'

/** A client's broker at a port of this machine, which comes back at once after a failure; closed after the test. */
export function brokerAt(port: number, options: Partial<BrokerOptions> = {}): Broker {
  const broker = new Broker(
    { id: 1, host: '127.0.0.1', port, rack: null },
    {
      clientId: 'me',
      ssl: false,
      requestTimeoutMs: 30_000,
      socketConnectionSetupTimeoutMs: 10_000,
      socketConnectionSetupTimeoutMaxMs: 30_000,
      reconnectBackoffMs: 0,
      reconnectBackoffMaxMs: 0,
      connectionsMaxIdleMs: 540_000,
      maxFrameBytes: 1_000_000,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      ...options,
    },
  )
  onTestFinished(() => broker.close())
  return broker
}
