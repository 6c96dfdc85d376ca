import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls'
import { nearestName } from '../../protocol/nearest-name.ts'
import { invalidOption } from '../options.ts'

/** What Node's `tls.connect()` and `tls.createSecureContext()` take. */
const KNOWN = [
  ...['ALPNProtocols', 'allowHalfOpen', 'allowPartialTrustChain', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout'],
  ...['ca', 'cert', 'checkServerIdentity', 'ciphers', 'clientCertEngine', 'crl', 'dhparam', 'ecdhCurve', 'enableTrace'],
  ...['family', 'highWaterMark', 'hints', 'honorCipherOrder', 'host', 'isServer', 'keepAlive', 'keepAliveInitialDelay'],
  ...['key', 'localAddress', 'localPort', 'lookup', 'maxVersion', 'minDHSize', 'minVersion', 'noDelay', 'onread'],
  ...['passphrase', 'path', 'pfx', 'port', 'privateKeyEngine', 'privateKeyIdentifier', 'pskCallback'],
  ...['rejectUnauthorized', 'requestCert', 'requestOCSP', 'secureContext', 'secureOptions', 'secureProtocol'],
  ...['servername', 'session', 'sessionIdContext', 'sessionTimeout', 'sigalgs', 'signal', 'socket', 'ticketKeys'],
  'timeout',
]

/**
 * Finds at once what would otherwise fail each connection, or, worse, would not: Node passes over options that it does not
 * know, and over authorities that are not PEM.
 * @throws UsageError naming the option
 */
export function checkTlsOptions(options: TlsOptions, path: string): void {
  for (const name of Object.keys(options)) {
    if (KNOWN.includes(name)) continue
    // A later Node may know others; only what looks like a slip is refused.
    const meant = nearestName(name, KNOWN)
    if (meant !== null) throw invalidOption(`${path}: unknown TLS option '${name}'; did you mean '${meant}'?`)
  }
  for (const name of ['ca', 'cert', 'key'] as const) {
    const values: readonly unknown[] = [options[name]].flat()
    if (values.some((value) => typeof value === 'string' && !value.includes('-----BEGIN '))) {
      throw invalidOption(`${path}: '${name}' must be PEM text, not the path of a file; read the file first`)
    }
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw invalidOption(`${path}: ${(error as Error).message}`)
  }
}
