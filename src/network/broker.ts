import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { channels, type Logger } from '../diagnostics.ts'
import { ClosedError, type KafkaError } from '../errors.ts'
import { Backoff, MAX_TIMER_MS, monotonicNow, sleep } from '../retry.ts'
import { Connection, type SendOptions } from './connection.ts'
import { authenticate, negotiateVersions } from './handshake.ts'
import type { SaslOptions } from './sasl/mechanism.ts'
import { openSocket, type SocketFactory, setupTimeout } from './socket.ts'
import { tlsRefusal } from './tls-refusal.ts'

export interface BrokerOptions {
  readonly clientId: string
  readonly ssl: boolean | TlsOptions
  readonly sasl?: SaslOptions | undefined
  readonly requestTimeoutMs: number
  /** For TCP, TLS, ApiVersions and SASL together, in ms; doubles with each failure (KIP-601). */
  readonly socketConnectionSetupTimeoutMs: number
  readonly socketConnectionSetupTimeoutMaxMs: number
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  readonly connectionsMaxIdleMs: number
  readonly maxFrameBytes: number
  readonly logger: Logger
  readonly socketFactory?: SocketFactory | undefined
}

export interface BrokerAddress {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/**
 * One broker, and the one connection to it that its owner uses for one purpose. The connection is opened on first use;
 * when it was lost the next use opens another, after a pause that grows with each failure.
 */
export class Broker {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly #options: BrokerOptions
  readonly #backoff: Backoff
  readonly #closing = new AbortController()
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  /** Attempts in a row that led to no connection. */
  #failedSetups = 0
  /** Whether there ever was a connection. */
  #accepted = false
  /** No attempt before this moment of the monotonic clock. */
  #notBefore = 0
  #idleTimer: NodeJS.Timeout | null = null

  constructor(address: BrokerAddress, options: BrokerOptions) {
    this.id = address.id
    this.host = address.host
    this.port = address.port
    this.rack = address.rack
    this.#options = options
    this.#backoff = new Backoff(options.reconnectBackoffMs, options.reconnectBackoffMaxMs)
  }

  /** `host:port`, with the broker's id where it is known, as errors name it. */
  get name(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host
    return this.id < 0 ? `${host}:${this.port}` : `${host}:${this.port} (id ${this.id})`
  }

  /** The open connection, or `null`. */
  get current(): Connection | null {
    return this.#connection
  }

  /**
   * The open connection, or one that is opened now. Everyone who asks meanwhile shares the attempt and its failure.
   * @throws ConnectionError, TimeoutError, AuthenticationError, UnsupportedVersionError, ClosedError
   */
  connection(): Promise<Connection> {
    if (this.#closed) return Promise.reject(this.#closing.signal.reason)
    if (this.#connection !== null) return Promise.resolve(this.#connection)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  /** Sends a request over the connection, which is opened if need be. */
  send<A extends AnyApi>(api: A, body: RequestInput<A>, options?: SendOptions): Promise<ResponseOf<A>> {
    if (this.#connection !== null) return this.#connection.send(api, body, options)
    return this.connection().then((connection) => connection.send(api, body, options))
  }

  /** Ends the connection, or the attempt to open one, for good. Who asks for it later gets the same error. */
  close(error?: KafkaError): void {
    if (this.#closed) return
    const closed = new ClosedError(`The client's connection to ${this.name} is closed`, { broker: this.name })
    this.#closing.abort(error ?? closed)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#connection?.close(error)
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  async #open(): Promise<Connection> {
    const { signal } = this.#closing
    const pause = this.#notBefore - monotonicNow()
    try {
      if (pause > 0) await sleep(pause, signal)
      const connection = await this.#attempt()
      // What came in one chunk with the last answer may have ended it.
      if (connection.endedBy !== null) throw connection.endedBy
      this.#backoff.reset()
      this.#failedSetups = 0
      this.#adopt(connection)
      return connection
    } catch (error) {
      if (signal.aborted) throw signal.reason
      this.#failedSetups++
      this.#notBefore = monotonicNow() + this.#backoff.next()
      throw error
    }
  }

  async #attempt(): Promise<Connection> {
    const { host, port, name } = this
    const { ssl, sasl, socketFactory, clientId, requestTimeoutMs, maxFrameBytes } = this.#options
    const timeoutMs = this.#setupTimeoutMs()
    const attempt = new AbortController()
    const timer = setTimeout(() => attempt.abort(setupTimeout(name, timeoutMs)), Math.min(timeoutMs, MAX_TIMER_MS))
    const onClosing = (): void => attempt.abort(this.#closing.signal.reason)
    this.#closing.signal.addEventListener('abort', onClosing, { once: true })
    let connection: Connection | null = null
    try {
      const accepted = this.#accepted
      const socket = await openSocket({ host, port, ssl, socketFactory, accepted }, name, attempt.signal)
      const refusal = (error: Error | null): KafkaError | null => tlsRefusal(socket, ssl, error, name, accepted)
      connection = new Connection(socket, { broker: name, clientId, requestTimeoutMs, maxFrameBytes, refusal })
      const opened = connection
      const onAbort = (): void => opened.close(attempt.signal.reason)
      attempt.signal.addEventListener('abort', onAbort, { once: true })
      if (attempt.signal.aborted) throw attempt.signal.reason
      await negotiateVersions(connection)
      if (sasl !== undefined) await authenticate(connection, sasl)
      attempt.signal.removeEventListener('abort', onAbort)
      return connection
    } catch (error) {
      const reason = attempt.signal.aborted ? attempt.signal.reason : error
      connection?.close(reason as KafkaError)
      throw reason
    } finally {
      clearTimeout(timer)
      this.#closing.signal.removeEventListener('abort', onClosing)
    }
  }

  #setupTimeoutMs(): number {
    const { socketConnectionSetupTimeoutMs: first, socketConnectionSetupTimeoutMaxMs: max } = this.#options
    return Math.min(first * 2 ** Math.min(this.#failedSetups, 30), Math.max(first, max))
  }

  #adopt(connection: Connection): void {
    this.#connection = connection
    this.#accepted = true
    connection.onClose = (error) => this.#onClose(error)
    this.#watchIdleness(connection)
    this.#publish('open', null)
  }

  #onClose(error: KafkaError | null): void {
    this.#connection = null
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#publish('closed', error)
    if (error === null || this.#closed) return
    this.#notBefore = monotonicNow() + this.#backoff.next()
    this.#options.logger.debug('connection lost', { broker: this.name, error })
  }

  #publish(state: 'open' | 'closed', error: KafkaError | null): void {
    if (channels.connection.hasSubscribers) channels.connection.publish({ broker: this.name, state, error })
  }

  /** Ends a connection that nobody has used for long, before the broker does. */
  #watchIdleness(connection: Connection): void {
    const { connectionsMaxIdleMs } = this.#options
    const check = (): void => {
      const { idleMs } = connection
      // Nothing went wrong: whoever needs the next connection does not wait for a backoff.
      if (idleMs >= connectionsMaxIdleMs) connection.close()
      else arm(connectionsMaxIdleMs - idleMs)
    }
    const arm = (ms: number): void => {
      this.#idleTimer = setTimeout(check, Math.min(ms, MAX_TIMER_MS))
      this.#idleTimer.unref()
    }
    arm(connectionsMaxIdleMs)
  }
}
