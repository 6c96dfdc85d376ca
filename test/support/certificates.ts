import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { storePassword } from './listeners.ts'

const run = promisify(execFile)

/** What a client needs for TLS with the test brokers. */
export interface TlsMaterial {
  /** The authority that signed the brokers' certificate, as PEM text. */
  readonly ca: string
  /** A client certificate of that authority with its key, as PKCS #12: Node's options `pfx` and `passphrase`. */
  readonly pfx: Buffer
  readonly passphrase: string
  /** An authority that signed nothing here. */
  readonly foreignCa: string
  /** A client certificate of that foreign authority with its key. */
  readonly foreignPfx: Buffer
}

/** Makes authorities and certificates in `folder`, with nothing but the JDK's keytool. */
export async function makeCertificates(folder: string): Promise<TlsMaterial> {
  await mkdir(folder, { recursive: true })
  const keytool = async (...args: string[]): Promise<void> => {
    await run('keytool', [...args, '-storepass', storePassword], { cwd: folder })
  }
  const authority = async (name: string): Promise<void> => {
    const store = ['-keystore', `${name}.p12`, '-storetype', 'PKCS12', '-alias', 'ca']
    await keytool('-genkeypair', ...store, '-keyalg', 'EC', '-dname', `CN=${name}`, '-ext', 'bc:c', '-validity', '3650')
    await keytool('-exportcert', ...store, '-rfc', '-file', `${name}.pem`)
  }
  const certificate = async (name: string, subject: string, ca: string): Promise<void> => {
    const store = ['-keystore', `${name}.p12`, '-storetype', 'PKCS12', '-alias', name]
    await keytool('-genkeypair', ...store, '-keyalg', 'EC', '-dname', `CN=${subject}`, '-validity', '3650')
    await keytool('-certreq', ...store, '-file', `${name}.csr`)
    const signer = ['-keystore', `${ca}.p12`, '-storetype', 'PKCS12', '-alias', 'ca']
    const names = ['-ext', 'san=dns:localhost,ip:127.0.0.1', '-validity', '3650']
    await keytool('-gencert', ...signer, '-infile', `${name}.csr`, '-outfile', `${name}.pem`, '-rfc', ...names)
    const trusted = ['-keystore', `${name}.p12`, '-storetype', 'PKCS12', '-noprompt']
    await keytool('-importcert', ...trusted, '-alias', 'ca', '-file', `${ca}.pem`)
    await keytool('-importcert', ...trusted, '-alias', name, '-file', `${name}.pem`)
  }
  await Promise.all([authority('test-ca'), authority('foreign-ca')])
  await Promise.all([
    certificate('server', 'localhost', 'test-ca'),
    certificate('client', 'alice', 'test-ca'),
    certificate('stranger', 'alice', 'foreign-ca'),
    keytool(
      '-importcert',
      '-noprompt',
      '-alias',
      'ca',
      '-file',
      'test-ca.pem',
      '-keystore',
      'truststore.p12',
      '-storetype',
      'PKCS12',
    ),
  ])
  return {
    ca: await readFile(join(folder, 'test-ca.pem'), 'utf8'),
    pfx: await readFile(join(folder, 'client.p12')),
    passphrase: storePassword,
    foreignCa: await readFile(join(folder, 'foreign-ca.pem'), 'utf8'),
    foreignPfx: await readFile(join(folder, 'stranger.p12')),
  }
}
