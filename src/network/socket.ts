import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls'
import { AuthenticationError, ConnectionError, type KafkaError, TimeoutError } from '../errors.ts'

/** Makes the stream to a broker, for proxies and tunnels. TLS, if it is on, is put on top of it. */
export type SocketFactory = (address: { host: string; port: number }) => Duplex | Promise<Duplex>

export interface SocketOptions {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | TlsOptions
  readonly socketFactory?: SocketFactory | null | undefined
}

/** Idle connections are probed after this long, so that one whose other end vanished does not stay for hours. */
const KEEP_ALIVE_MS = 60_000

/**
 * Opens the stream to a broker, with TLS if wanted.
 * @param broker names the peer in errors
 * @param signal ends the attempt
 * @throws ConnectionError; AuthenticationError if TLS refuses the other side's certificate
 */
export async function openSocket(options: SocketOptions, broker: string, signal: AbortSignal): Promise<Duplex> {
  const { host, port, ssl, socketFactory } = options
  if (ssl !== false) {
    const tls = typeof ssl === 'object' ? ssl : {}
    const stream = socketFactory ? await factoryStream(socketFactory, options, broker) : undefined
    // Over a raw socket Node sends no server name by itself. An address must not be one (RFC 6066).
    const servername = tls.servername ?? (isIP(host) === 0 ? host : '')
    const socket = connectTls({ ...tls, ...(stream === undefined ? { host, port } : { socket: stream }), servername })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    return opened(socket, 'secureConnect', broker, signal)
  }
  if (socketFactory) return factoryStream(socketFactory, options, broker)
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
  return opened(socket, 'connect', broker, signal)
}

async function factoryStream(factory: SocketFactory, { host, port }: SocketOptions, broker: string): Promise<Duplex> {
  try {
    return await factory({ host, port })
  } catch (error) {
    throw connectFailure(error, broker)
  }
}

function opened<S extends Duplex>(socket: S, event: string, broker: string, signal: AbortSignal): Promise<S> {
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
      socket.on('error', () => {})
      socket.destroy()
      reject(error)
    }
    const onOpen = (): void => {
      settle()
      resolve(socket)
    }
    const onError = (error: unknown): void => fail(connectFailure(error, broker))
    const onClose = (): void => fail(connectFailure(new Error('the connection was closed'), broker))
    const onAbort = (): void => fail(signal.reason)
    socket.once(event, onOpen)
    socket.once('error', onError)
    socket.once('close', onClose)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Makes a typed error of one that Node's sockets report while or after connecting. */
export function connectFailure(error: unknown, broker: string): KafkaError {
  const { code = '', message } = error as NodeJS.ErrnoException
  const details = { broker, cause: error }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return new ConnectionError(`${broker} does not speak TLS; is its listener without the option 'ssl'? (${code})`, {
      ...details,
      code: 'NOT_A_KAFKA_BROKER',
      retriable: false,
    })
  }
  if (isTlsRefusal(code)) {
    const reason = message.trim() || code
    const hint = isCertificateProblem(code) ? '' : '; brokers before 3.0 refuse a client certificate like this'
    return new AuthenticationError(`TLS with ${broker} failed: ${reason}${hint}`, details)
  }
  // Several addresses of one name were tried: each has its own failure.
  const reasons = error instanceof AggregateError ? error.errors.map((each: Error) => each.message).join(', ') : message
  return new ConnectionError(`Cannot connect to ${broker}: ${reasons || code}`, {
    ...details,
    code: 'CONNECTION_FAILED',
  })
}

/** Codes by which Node says that it refuses the other side's certificate. */
const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** The alerts by which a broker says that it refuses the client's. */
const CERTIFICATE_ALERT = /^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/

function isCertificateProblem(code: string): boolean {
  return CERTIFICATE_CODES.has(code) || CERTIFICATE_ALERT.test(code)
}

/**
 * Whether TLS itself failed, which, before the first answer, no retry cures: the two sides do not accept each other, as
 * in Java's client. A broken network shows otherwise. Brokers before 3.0 garble the alert by which they refuse a client
 * certificate, so that any error of the protocol must be taken for one.
 */
export function isTlsRefusal(code: string): boolean {
  return CERTIFICATE_CODES.has(code) || code.startsWith('ERR_SSL_')
}

/** The error of an attempt to connect that took too long. */
export function setupTimeout(broker: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`No connection to ${broker} within ${timeoutMs} ms`, { broker })
}
