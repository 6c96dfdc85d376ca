import type { Duplex } from 'node:stream'
import type { AnyApi, RequestInput, ResponseOf } from '../../protocol/api.ts'
import { decodeResponseHeader, encodeRequestHeader } from '../../protocol/header.ts'
import { expectEnd } from '../../protocol/message.ts'
import { answeredVersion } from '../../protocol/messages/api-versions.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import { channels } from '../diagnostics.ts'
import { ClosedError, ConnectionError, DecodeError, type KafkaError, TimeoutError } from '../errors.ts'
import { Deadline, MAX_TIMER_MS, monotonicNow, withinDeadline } from '../retry.ts'
import type { NegotiatedVersions } from './api-versions.ts'
import { FrameReader } from './frame-reader.ts'
import { InFlightQueue } from './in-flight-queue.ts'
import { REUSED_CHUNK } from './socket.ts'
import { Pause, throttledByClient } from './throttling.ts'

export interface SendOptions {
  /** How long to wait for the answer, in ms; the connection's `requestTimeoutMs` if not given. */
  timeoutMs?: number
  /** Speak this version and no other; also one that Kafka marks as unstable, which is never chosen otherwise. */
  version?: number
  /** Speak no earlier version than this. */
  minVersion?: number
  /** Speak no later version than this. */
  maxVersion?: number
  /** Called when the socket has taken the request's bytes and no longer needs them, or will never. */
  onWritten?: () => void
}

export interface TransportOptions {
  /** Names the broker in errors. */
  readonly broker: string
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly maxFrameBytes: number
  /** What a failure before the first answer means, where more is known than that it was one; `null` is an end of stream. */
  readonly refusal?: (error: Error | null) => KafkaError | null
}

/** A request whose bytes the socket has not taken yet. */
interface Outgoing {
  readonly api: AnyApi
  readonly deadline: number
  readonly timeoutMs: number
  resolve(response: unknown): void
  reject(error: KafkaError): void
}

/** A request that has no answer yet. */
interface InFlight extends Outgoing {
  readonly version: number
  readonly correlationId: number
  readonly sentAt: number
}

const MAX_CORRELATION_ID = 2 ** 31 - 1

/**
 * One socket to one broker. Requests are pipelined; the broker answers them in their order, so those in flight are one
 * queue. Whatever goes wrong with one of them is the end of the connection, as the answers behind it cannot be trusted
 * or will not come.
 */
export class Connection {
  readonly broker: string
  /** Called once, when the connection has ended; with `null` after a `close()` without an error. */
  onClose: ((error: KafkaError | null) => void) | null = null
  /** What the broker speaks; set by the handshake. */
  versions: NegotiatedVersions | null = null
  readonly #options: TransportOptions
  readonly #socket: Duplex & { ref?(): void; unref?(): void }
  readonly #frames: FrameReader
  readonly #inFlight = new InFlightQueue<InFlight>()
  /** Those that will not be answered. */
  readonly #oneWay = new InFlightQueue<Outgoing>()
  #correlationId = 0
  #answered = false
  #corked = false
  #endedBy: KafkaError | null = null
  #timer: NodeJS.Timeout | null = null
  #timerAt = Number.POSITIVE_INFINITY
  #usedAt = monotonicNow()
  /** While the broker's quota is exceeded, and nothing is sent. */
  #pause: Pause | null = null

  constructor(socket: Duplex, options: TransportOptions) {
    this.broker = options.broker
    this.#options = options
    this.#socket = socket
    this.#frames = new FrameReader(options.broker, options.maxFrameBytes, (frame) => this.#onFrame(frame))
    socket.on('data', (chunk: Buffer) => this.#onData(chunk, false))
    socket.on(REUSED_CHUNK, (chunk: Buffer) => this.#onData(chunk, true))
    socket.on('error', (error) => this.#onError(error))
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onEnd())
    this.#socket.unref?.()
  }

  get closed(): boolean {
    return this.#endedBy !== null
  }

  /** What those who waited were told when the connection ended; `null` while it is open. */
  get endedBy(): KafkaError | null {
    return this.#endedBy
  }

  /** Requests that have no answer yet, or, if they get none, are not written yet. */
  get inFlight(): number {
    return this.#inFlight.length + this.#oneWay.length
  }

  /** For how long nobody has used it, in ms. Whoever waits for the end of a throttle time does. */
  get idleMs(): number {
    return this.inFlight > 0 || this.#pause !== null ? 0 : monotonicNow() - this.#usedAt
  }

  /** Whether the broker has the API in a version that this client speaks. */
  supports(api: AnyApi): boolean {
    return this.versions?.common(api) !== undefined
  }

  /**
   * The newest version of the API that both sides speak.
   * @throws UnsupportedVersionError naming both sides' ranges
   */
  version(api: AnyApi, { minVersion, maxVersion }: Pick<SendOptions, 'minVersion' | 'maxVersion'> = {}): number {
    if (this.versions === null) throw new ConnectionError(`${this.broker} has not been asked for its versions yet`)
    return this.versions.choose(api, minVersion, maxVersion)
  }

  /**
   * Sends a request and resolves with its answer, whatever error codes that holds.
   * @throws UnsupportedVersionError, EncodeError: nothing was sent; TimeoutError, ConnectionError, DecodeError, ClosedError
   */
  send<A extends AnyApi>(api: A, body: RequestInput<A>, options: SendOptions = {}): Promise<ResponseOf<A>> {
    if (this.#pause !== null) return this.#afterPause(this.#pause, api, options, (rest) => this.send(api, body, rest))
    return new Promise<ResponseOf<A>>((resolve, reject) => {
      const { timeoutMs = this.#options.requestTimeoutMs, onWritten } = options
      const version = options.version ?? this.version(api, options)
      const correlationId = this.#write(api, version, body, onWritten)
      const now = monotonicNow()
      if (this.#inFlight.length === 0) this.#socket.ref?.()
      const deadline = now + timeoutMs
      this.#inFlight.push({ api, version, correlationId, sentAt: now, deadline, timeoutMs, resolve, reject })
      if (deadline < this.#timerAt) this.#armTimer(deadline)
    })
  }

  /**
   * Sends a request that the broker does not answer: Produce with `acks` 0. Resolves when the socket has taken it.
   * @throws as `send`
   */
  sendOneWay<A extends AnyApi>(api: A, body: RequestInput<A>, options: SendOptions = {}): Promise<void> {
    if (this.#pause !== null) {
      return this.#afterPause(this.#pause, api, options, (rest) => this.sendOneWay(api, body, rest))
    }
    return new Promise<void>((resolve, reject) => {
      const { timeoutMs = this.#options.requestTimeoutMs, onWritten } = options
      this.#write(api, options.version ?? this.version(api, options), body, (error) => {
        onWritten?.()
        // The socket takes requests in their order. One that it could not take is the end of the connection for all.
        if (error) return
        this.#usedAt = monotonicNow()
        this.#oneWay.shift()?.resolve(undefined)
      })
      const deadline = monotonicNow() + timeoutMs
      this.#oneWay.push({ api, deadline, timeoutMs, resolve: resolve as () => void, reject })
      if (deadline < this.#timerAt) this.#armTimer(deadline)
    })
  }

  /** Ends the connection. Everyone who waits for an answer gets the error. Only the first call does anything. */
  close(error?: KafkaError): void {
    if (this.closed) return
    const reason = error ?? new ClosedError(`The connection to ${this.broker} was closed`, { broker: this.broker })
    this.#endedBy = reason
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#socket.destroy()
    for (const request of this.#inFlight.drain()) this.#settle(request, reason)
    for (const request of this.#oneWay.drain()) request.reject(reason)
    this.#pause?.cancel(reason)
    this.onClose?.(error ?? null)
  }

  /** Sends once the broker may be asked again. The deadline counts from the call all the same. */
  async #afterPause<T>(
    pause: Pause,
    api: AnyApi,
    options: SendOptions,
    send: (options: SendOptions) => Promise<T>,
  ): Promise<T> {
    const { broker } = this
    const deadline = new Deadline(options.timeoutMs ?? this.#options.requestTimeoutMs)
    await withinDeadline(pause.over, deadline, () => {
      const message = `${broker} throttles this client: ${api.name} was not sent within ${deadline.timeoutMs} ms`
      return new TimeoutError(message, { broker, api: api.name })
    })
    return send({ ...options, timeoutMs: Math.max(1, deadline.remainingMs) })
  }

  #write(api: AnyApi, version: number, body: unknown, onWritten?: (error?: Error | null) => void): number {
    if (this.closed) {
      throw new ConnectionError(`The connection to ${this.broker} is closed`, { broker: this.broker, api: api.name })
    }
    const correlationId = this.#correlationId
    const writer = new Writer()
    writer.writeInt32(0)
    encodeRequestHeader(writer, api, version, correlationId, this.#options.clientId)
    api.encodeRequest(writer, version, body)
    this.#correlationId = correlationId === MAX_CORRELATION_ID ? 0 : correlationId + 1
    const length = writer.length - 4
    const chunks = writer.finish()
    chunks[0].writeInt32BE(length, 0)
    if (!this.#corked) {
      // What is sent in one tick leaves in one system call.
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    const last = chunks.length - 1
    for (let i = 0; i < last; i++) this.#socket.write(chunks[i])
    this.#socket.write(chunks[last], onWritten === undefined ? undefined : (error) => onWritten(error))
    return correlationId
  }

  #onData(chunk: Buffer, reused: boolean): void {
    if (this.closed) return
    try {
      this.#frames.push(chunk, reused)
    } catch (error) {
      this.close(error as KafkaError)
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.closed) return
    const request = this.#inFlight.shift()
    const reader = new Reader(frame)
    const correlationId = frame.readInt32BE(0)
    if (request === undefined || request.correlationId !== correlationId) {
      if (request !== undefined) this.#settle(request, this.#mismatch(correlationId, request))
      throw this.#mismatch(correlationId, request)
    }
    this.#answered = true
    this.#usedAt = monotonicNow()
    if (this.#inFlight.length === 0) this.#socket.unref?.()
    const { api } = request
    const version = answeredVersion(api, request.version, frame)
    try {
      decodeResponseHeader(reader, api.responseHeaderVersion(version))
      const response = api.decodeResponse(reader, version)
      expectEnd(reader, `${api.name}Response`, version)
      this.#throttle(api, version, response)
      this.#settle(request, null, response)
    } catch (error) {
      // The frame was whole, but who writes one wrong cannot be trusted with the next.
      const unreadable = this.#unreadable(error, api, version)
      this.#settle(request, unreadable as KafkaError)
      throw unreadable
    }
  }

  /** The codec does not know who wrote what it cannot read, nor in front of which body a bad header stands. */
  #unreadable(error: unknown, api: AnyApi, version: number): unknown {
    if (!(error instanceof DecodeError)) return error
    const { field, position } = error
    const details = { broker: this.broker, api: api.name, version, field, position, cause: error }
    return new DecodeError(`${this.broker} sent an answer that cannot be read: ${error.message}`, details)
  }

  #mismatch(correlationId: number, request: InFlight | undefined): ConnectionError {
    const expected = request === undefined ? 'no answer is due' : `${request.correlationId} was due`
    return new ConnectionError(
      `${this.broker} sent an answer with the correlation id ${correlationId}, but ${expected}`,
      {
        broker: this.broker,
        api: request?.api.name,
      },
    )
  }

  #throttle(api: AnyApi, version: number, response: { throttleTimeMs?: number }): void {
    const throttleTimeMs = response.throttleTimeMs ?? 0
    if (throttleTimeMs <= 0 || !throttledByClient(api, version)) return
    this.#pause ??= new Pause(() => {
      this.#pause = null
    })
    this.#pause.extend(throttleTimeMs)
  }

  #settle(request: InFlight, error: KafkaError | null, response?: unknown): void {
    if (channels.request.hasSubscribers) {
      const { api, version, sentAt } = request
      const durationMs = monotonicNow() - sentAt
      channels.request.publish({ api: api.name, version, broker: this.broker, durationMs, error })
    }
    if (error === null) request.resolve(response)
    else request.reject(error)
  }

  #armTimer(at: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(
      // After a blocked event loop the answer may lie in the socket already: it is read before anything expires.
      () => setImmediate(() => this.#expire()),
      Math.min(Math.max(0, at - monotonicNow()), MAX_TIMER_MS),
    )
    this.#timer.unref()
  }

  #expire(): void {
    if (this.closed) return
    this.#timer = null
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = monotonicNow()
    let next = Number.POSITIVE_INFINITY
    for (const queue of [this.#inFlight, this.#oneWay]) {
      for (const { api, deadline, timeoutMs } of queue) {
        if (deadline <= now) {
          const did = queue === this.#oneWay ? 'take' : 'answer'
          const message = `${this.broker} did not ${did} ${api.name} within ${timeoutMs} ms; the connection is given up`
          this.close(new TimeoutError(message, { broker: this.broker, api: api.name }))
          return
        }
        if (deadline < next) next = deadline
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#armTimer(next)
  }

  #onError(error: Error): void {
    this.close(this.#refusal(error) ?? this.#lost(error.message, error))
  }

  #onEnd(): void {
    const hint = this.#answered
      ? ''
      : ' before it answered anything; does this listener need other `ssl` or `sasl` options?'
    this.close(this.#refusal(null) ?? this.#lost(`the broker closed it${hint}`))
  }

  #refusal(error: Error | null): KafkaError | null {
    return this.#answered || this.closed ? null : (this.#options.refusal?.(error) ?? null)
  }

  #lost(reason: string, cause?: unknown): ConnectionError {
    return new ConnectionError(`The connection to ${this.broker} was lost: ${reason}`, { broker: this.broker, cause })
  }
}
