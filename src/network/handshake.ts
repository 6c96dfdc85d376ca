import type { ResponseOf } from '../../protocol/api.ts'
import { errorCode as errorCodeOf } from '../../protocol/errors.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { saslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { AuthenticationError, brokerError, UnsupportedVersionError } from '../errors.ts'
import { NegotiatedVersions, UNSUPPORTED_VERSION } from './api-versions.ts'
import type { Connection } from './connection.ts'
import type { SaslExchange, SaslOptions } from './sasl/mechanism.ts'
import { plain } from './sasl/plain.ts'
import { scram } from './sasl/scram.ts'
import { SOFTWARE_NAME, SOFTWARE_VERSION } from './software.ts'

const UNSUPPORTED_SASL_MECHANISM = errorCodeOf('UNSUPPORTED_SASL_MECHANISM')
/** From version 1 on what follows SaslHandshake is framed as SaslAuthenticate requests (KIP-152). */
const SASL_HANDSHAKE_VERSION = 1
/**
 * Version 5 differs only in whom the client means to talk to (KIP-1242), which is not said here. To open with it would
 * cost brokers before Kafka 4.4 a second exchange on each connection.
 */
const API_VERSIONS_VERSION = 4

const MECHANISMS: Readonly<Record<SaslOptions['mechanism'], (options: SaslOptions) => SaslExchange>> = {
  PLAIN: plain,
  'SCRAM-SHA-256': (options) => scram(options, 'sha256'),
  'SCRAM-SHA-512': (options) => scram(options, 'sha512'),
}

/**
 * Asks the broker what it speaks, in version 4 of the question itself. A broker that does not know
 * it names, in version 0, the ones it knows (KIP-511); the second try is the last.
 */
export async function negotiateVersions(connection: Connection): Promise<void> {
  const body = { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: SOFTWARE_VERSION }
  let response = await connection.send(apiVersions, body, { version: API_VERSIONS_VERSION })
  if (response.errorCode === UNSUPPORTED_VERSION) {
    const offered = response.apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)?.maxVersion ?? 0
    const version = Math.min(Math.max(offered, apiVersions.minVersion), API_VERSIONS_VERSION)
    response = await connection.send(apiVersions, body, { version })
  }
  if (response.errorCode === UNSUPPORTED_VERSION) {
    throw new UnsupportedVersionError(`${connection.broker} shares no version of ApiVersions with this client`, {
      api: apiVersions.name,
      broker: connection.broker,
    })
  }
  if (response.errorCode !== 0) {
    throw brokerError(response.errorCode, `${connection.broker} refused ApiVersions`, { broker: connection.broker })
  }
  connection.versions = new NegotiatedVersions(connection.broker, response)
}

/** @throws AuthenticationError naming broker and mechanism, and never a secret */
export async function authenticate(connection: Connection, sasl: SaslOptions): Promise<void> {
  const { broker } = connection
  const { mechanism, username } = sasl
  const who = `${broker} refused user '${username}' (${mechanism})`
  if (!connection.supports(saslHandshake)) {
    throw new AuthenticationError(`The listener of ${broker} does not use SASL; leave out the option 'sasl'`, {
      broker,
    })
  }
  const { errorCode, mechanisms } = await connection.send(
    saslHandshake,
    { mechanism },
    { version: SASL_HANDSHAKE_VERSION },
  )
  if (errorCode === UNSUPPORTED_SASL_MECHANISM) {
    throw new AuthenticationError(
      `${broker} does not offer ${mechanism}, but ${mechanisms.join(', ') || 'no SASL at all'}`,
      {
        broker,
      },
    )
  }
  // ILLEGAL_SASL_STATE here is the answer of a listener that has SASL turned off.
  if (errorCode !== 0) throw new AuthenticationError(brokerError(errorCode, who).message, { broker })

  const exchange = MECHANISMS[mechanism](sasl)
  let message: Buffer | null = exchange.begin()
  while (message !== null) {
    const answer: ResponseOf<typeof saslAuthenticate> = await connection.send(saslAuthenticate, { authBytes: message })
    if (answer.errorCode !== 0) {
      throw new AuthenticationError(brokerError(answer.errorCode, who, { message: answer.errorMessage }).message, {
        broker,
      })
    }
    message = await exchange.next(answer.authBytes).catch((error: unknown) => {
      if (!(error instanceof AuthenticationError)) throw error
      throw new AuthenticationError(`${broker}: ${error.message}`, { broker })
    })
  }
}
