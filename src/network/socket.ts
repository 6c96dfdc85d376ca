import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'
import { AuthenticationError, ConnectionError, KafkaError, TimeoutError, UsageError } from '../errors.ts'
import { describe } from '../options.ts'
import { abortable } from '../retry.ts'
import { tlsRefusal } from './tls-refusal.ts'

/** Makes the stream to a broker, for proxies and tunnels. TLS, if it is on, is put on top of it. */
export type SocketFactory = (address: { host: string; port: number }) => Duplex | Promise<Duplex>

export interface SocketOptions {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | TlsOptions
  readonly socketFactory?: SocketFactory | null | undefined
  /** Whether the broker has accepted this client before. */
  readonly accepted?: boolean
}

/**
 * The event of a plain TCP stream that something has arrived, in place of `data`. The chunk is a view of one buffer that
 * is read into again and again: a stream's own way takes a new one of 64 KiB for each read, which fragments the memory.
 */
export const REUSED_CHUNK = Symbol('reused chunk')

/** What is read at a time at most. */
const READ_BYTES = 256 * 1024

/** Idle connections are probed after this long, so that one whose other end vanished does not stay for hours. */
const KEEP_ALIVE_MS = 60_000

/**
 * Opens the stream to a broker, with TLS if wanted.
 * @param broker names the peer in errors
 * @param signal ends the attempt, with its reason
 * @throws ConnectionError; AuthenticationError if one side refuses the other's certificate
 */
export async function openSocket(options: SocketOptions, broker: string, signal: AbortSignal): Promise<Duplex> {
  const { host, port, ssl, socketFactory } = options
  const stream = socketFactory ? await factoryStream(socketFactory, options, broker, signal) : undefined
  if (ssl !== false) return openTls(options, stream, broker, signal)
  if (stream !== undefined) return stream
  const socket: Socket = connectTcp({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (bytes, buffer) => socket.emit(REUSED_CHUNK, (buffer as Buffer).subarray(0, bytes)),
    },
  })
  return opened(socket, 'connect', signal, (error) => connectFailure(error, broker))
}

function openTls(
  { host, port, ssl, accepted = false }: SocketOptions,
  stream: Duplex | undefined,
  broker: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const tls = typeof ssl === 'object' ? ssl : {}
  // Over a raw socket Node sends no server name by itself. An address must not be one (RFC 6066).
  const servername = tls.servername ?? (isIP(host) === 0 ? host : '')
  // Node compares the certificate with the host, so that it is given even where the stream is there already.
  const socket = connectTls({ ...tls, host, port, ...(stream === undefined ? {} : { socket: stream }), servername })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  let atEnd: KafkaError | null = null
  // Before Node's own listener, which ends the session that can tell.
  socket.prependOnceListener('end', () => {
    atEnd = tlsRefusal(socket, ssl, null, broker, accepted)
  })
  return opened(socket, 'secureConnect', signal, (error: NodeJS.ErrnoException) => {
    // What Node holds against the broker's certificate.
    if (socket.authorizationError != null) {
      return new AuthenticationError(`TLS with ${broker} failed: ${error.message}`, { broker, cause: error })
    }
    const hint = error.code === 'ECONNRESET' ? "; is its listener without TLS, and the option 'ssl' wrong?" : ''
    return atEnd ?? tlsRefusal(socket, ssl, error, broker, accepted) ?? connectFailure(error, broker, hint)
  })
}

async function factoryStream(
  factory: SocketFactory,
  { host, port }: SocketOptions,
  broker: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const made = new Promise<Duplex>((resolve) => resolve(factory({ host, port })))
  try {
    const stream = await abortable(made, signal)
    if (!isStream(stream)) throw new UsageError(`socketFactory must make a Duplex stream, got ${describe(stream)}`)
    return stream
  } catch (error) {
    if (signal.aborted) {
      // It may still come, and nobody would end it.
      made.then((late) => isStream(late) && late.destroy(), ignore)
      throw signal.reason
    }
    throw error instanceof KafkaError ? error : connectFailure(error, broker)
  }
}

/** By what is used of it: a stream may be of another library than Node's. */
function isStream(value: Partial<Duplex> | null | undefined): value is Duplex {
  return [value?.on, value?.write, value?.destroy].every((method) => typeof method === 'function')
}

function opened<S extends Duplex>(
  socket: S,
  event: string,
  signal: AbortSignal,
  failure: (error: Error) => KafkaError,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.removeListener(event, onOpen)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      signal.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown): void => {
      settle()
      // A destroyed socket may still report an error, and an error without a listener ends the process.
      socket.on('error', ignore)
      socket.destroy()
      reject(error)
    }
    const onOpen = (): void => {
      settle()
      resolve(socket)
    }
    const onError = (error: Error): void => fail(failure(error))
    const onClose = (): void => fail(failure(new Error('the connection was closed')))
    const onAbort = (): void => fail(signal.reason)
    socket.once(event, onOpen)
    socket.once('error', onError)
    socket.once('close', onClose)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

function ignore(): void {}

/** @param error what Node or a socket factory reported, which need not be an `Error` */
function connectFailure(error: unknown, broker: string, hint = ''): ConnectionError {
  const { code, message } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException
  // Several addresses of one name were tried: each has its own failure.
  const reasons = error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join(', ') : message
  return new ConnectionError(`Cannot connect to ${broker}: ${reasons || code}${hint}`, {
    broker,
    code: 'CONNECTION_FAILED',
    cause: error,
  })
}

/** The error of an attempt to connect that took too long. */
export function setupTimeout(broker: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`No connection to ${broker} within ${timeoutMs} ms`, { broker })
}
