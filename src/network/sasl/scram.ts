import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { AuthenticationError } from '../../errors.ts'
import type { SaslExchange, SaslOptions } from './mechanism.ts'

/** RFC 7677 demands at least 4096; a server that asks for far more only wants to keep the client busy. */
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 1_000_000
const NONCE_BYTES = 24
/** Channel binding "n,,": the client does not support it, and speaks for nobody else. */
const GS2_HEADER = 'n,,'

const deriveKey = promisify(pbkdf2)

/**
 * SCRAM (RFC 5802, RFC 7677): proves the knowledge of the password without sending it, and demands the same of the server.
 * Name and password are their UTF-8 bytes, without the RFC's SASLprep: Kafka's own tools and brokers leave it out, and what
 * they stored would not match.
 * @param nonce for tests only
 */
export function scram(
  { username, password }: SaslOptions,
  hash: 'sha256' | 'sha512',
  nonce: string = randomBytes(NONCE_BYTES).toString('base64url'),
): SaslExchange {
  const digest = (data: Buffer): Buffer => createHash(hash).update(data).digest()
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
  const firstBare = `n=${escapeName(username)},r=${nonce}`
  let serverSignature: Buffer | null = null

  async function proof(serverFirst: string): Promise<Buffer> {
    const fields = attributes(serverFirst)
    const serverNonce = fields.get('r') ?? ''
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const iterations = Number(fields.get('i'))
    if (fields.has('m')) throw refused('the server demands an extension that is unknown')
    if (!serverNonce.startsWith(nonce) || serverNonce.length === nonce.length) {
      throw refused("the server's nonce does not continue the client's")
    }
    if (salt.length === 0) throw refused('the server sent no salt')
    if (!Number.isInteger(iterations) || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw refused(
        `the server asks for ${fields.get('i')} iterations; ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are accepted`,
      )
    }
    const keyBytes = hash === 'sha256' ? 32 : 64
    const salted = await deriveKey(password, salt, iterations, keyBytes, hash)
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${serverNonce}`
    const authMessage = `${firstBare},${serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(digest(clientKey), authMessage)
    const clientProof = clientKey.map((byte, i) => byte ^ signature[i])
    serverSignature = hmac(hmac(salted, 'Server Key'), authMessage)
    return Buffer.from(`${withoutProof},p=${Buffer.from(clientProof).toString('base64')}`)
  }

  function verify(serverFinal: string, expected: Buffer): null {
    const fields = attributes(serverFinal)
    const error = fields.get('e')
    if (error !== undefined) throw refused(error)
    const signature = Buffer.from(fields.get('v') ?? '', 'base64')
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw refused('the server does not know the password: its signature is wrong')
    }
    return null
  }

  return {
    begin: () => Buffer.from(GS2_HEADER + firstBare),
    next: async (challenge) => {
      const text = challenge.toString()
      return serverSignature === null ? proof(text) : verify(text, serverSignature)
    },
  }
}

/** `r=…,s=…,i=…` as a map; a value may hold `=` itself. */
function attributes(message: string): Map<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

/** RFC 5802: comma and equals sign in a name would end it. */
function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function refused(reason: string): AuthenticationError {
  return new AuthenticationError(`SCRAM failed: ${reason}`)
}
