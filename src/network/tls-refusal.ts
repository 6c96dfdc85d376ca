import type { Duplex } from 'node:stream'
import { TLSSocket, type ConnectionOptions as TlsOptions } from 'node:tls'
import { AuthenticationError, ConnectionError, type KafkaError } from '../errors.ts'

/** How OpenSSL reports bytes that are not TLS at all. */
const NOT_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])

/** The alerts by which a broker says that it refuses the client's certificate. */
const CERTIFICATE_ALERT = /^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/

/** How a connection shows that the other side has ended it. */
const ENDED = new Set(['ECONNRESET', 'EPIPE'])

/**
 * What it means that a connection failed before the broker's first answer, if TLS is the reason: no retry cures that.
 * With TLS 1.3 the broker looks at the client's certificate only after the handshake looked complete.
 * @param error null if the broker ended the connection without a word
 * @param accepted whether this broker has accepted the client before: then an end without a word is an accident
 * @returns null if TLS is not known to be the reason
 */
export function tlsRefusal(
  socket: Duplex,
  ssl: boolean | TlsOptions,
  error: NodeJS.ErrnoException | null,
  broker: string,
  accepted: boolean,
): KafkaError | null {
  if (!(socket instanceof TLSSocket)) return null
  const code = error?.code ?? ''
  const details = { broker, cause: error ?? undefined }
  if (NOT_TLS.has(code)) {
    return new ConnectionError(`${broker} does not speak TLS; is its listener without the option 'ssl'? (${code})`, {
      ...details,
      code: 'NOT_A_KAFKA_BROKER',
      retriable: false,
    })
  }
  const failed = `TLS with ${broker} failed: ${error?.message.trim() || code}`
  if (CERTIFICATE_ALERT.test(code)) return new AuthenticationError(failed, details)
  const asked = wasAskedForCertificate(socket)
  if (code.startsWith('ERR_SSL_')) {
    // Brokers before 3.0 garble their alert: any error of the protocol may be one.
    if (asked) return new AuthenticationError(`${failed}; brokers before 3.0 refuse a client certificate so`, details)
    return new ConnectionError(failed, { ...details, code: 'CONNECTION_FAILED', retriable: false })
  }
  // With a certificate it is more likely that the broker was killed in that moment, and retrying is right.
  if (asked && !accepted && !hasCertificate(ssl) && (error === null || ENDED.has(code))) {
    const remedy = "give the options 'cert' and 'key', or 'pfx', of 'ssl'"
    return new AuthenticationError(`${broker} asked for a client certificate and got none; ${remedy}`, details)
  }
  return null
}

/**
 * Only a CertificateRequest of the broker leaves signature algorithms on the client's side, in TLS 1.2 as in 1.3. They
 * can be read until the session is closed.
 */
function wasAskedForCertificate(socket: TLSSocket): boolean {
  return (socket.getSharedSigalgs() ?? []).length > 0
}

function hasCertificate(ssl: boolean | TlsOptions): boolean {
  return typeof ssl === 'object' && [ssl.cert, ssl.pfx, ssl.secureContext].some((given) => given !== undefined)
}
