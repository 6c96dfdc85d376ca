import { describe, expect, test } from 'vitest'
import { AuthenticationError } from '../../../src/errors.ts'
import { scram } from '../../../src/network/sasl/scram.ts'

/** The exchange that RFC 7677 gives as its example. */
const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SERVER_NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const SERVER_FIRST = `r=${SERVER_NONCE},s=${SALT},i=4096`
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

function exchange(username = 'user', password = 'pencil') {
  return scram({ mechanism: 'SCRAM-SHA-256', username, password }, 'sha256', NONCE)
}

test('the example of RFC 7677', async () => {
  const client = exchange()
  expect(client.begin().toString()).toBe(`n,,n=user,r=${NONCE}`)
  const proof = await client.next(Buffer.from(SERVER_FIRST))
  expect(proof?.toString()).toBe(`c=biws,r=${SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`)
  expect(await client.next(Buffer.from(SERVER_FINAL))).toBeNull()
})

test('a nonce is never used twice', () => {
  const options = { mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' } as const
  const messages = new Set(Array.from({ length: 50 }, () => scram(options, 'sha256').begin().toString()))
  expect(messages.size).toBe(50)
})

test('names with commas and equals signs stay one name', () => {
  expect(exchange('a=b,c').begin().toString()).toBe(`n,,n=a=3Db=2Cc,r=${NONCE}`)
})

test('what looks alike is not the same password: Kafka takes the bytes as they are, without SASLprep', async () => {
  const proofs = await Promise.all(
    // A ligature, one half, a no-break space and a full-width letter: each beside what SASLprep would make of it.
    ['\ufb01', 'fi', '\u00bd', '1\u20442', 'a\u00a0b', 'a b', '\uff41', 'a'].map(async (password) => {
      const client = exchange('user', password)
      client.begin()
      return String(await client.next(Buffer.from(SERVER_FIRST)))
    }),
  )
  expect(new Set(proofs).size).toBe(proofs.length)
  expect(exchange('\ufb01n').begin().toString()).toContain('n=\ufb01n,')
})

describe('the server is refused when', () => {
  const cases: Array<[string, string, RegExp]> = [
    ['its nonce is another', `r=stranger,s=${SALT},i=4096`, /nonce/],
    ['its nonce adds nothing', `r=${NONCE},s=${SALT},i=4096`, /nonce/],
    ['it sends no salt', `r=${SERVER_NONCE},i=4096`, /salt/],
    ['it wants too few iterations', `r=${SERVER_NONCE},s=${SALT},i=1`, /iterations/],
    ['it wants far too many', `r=${SERVER_NONCE},s=${SALT},i=100000000`, /iterations/],
    ['it wants none', `r=${SERVER_NONCE},s=${SALT}`, /iterations/],
    ['it demands an extension', `m=x,${SERVER_FIRST}`, /extension/],
    ['it speaks nonsense', '\0\0\0', /SCRAM/],
    ['it says nothing', '', /SCRAM/],
  ]
  test.each(cases)('%s', async (_, serverFirst, message) => {
    const client = exchange()
    client.begin()
    await expect(client.next(Buffer.from(serverFirst))).rejects.toThrow(message)
    await expect(client.next(Buffer.from(serverFirst))).rejects.toBeInstanceOf(AuthenticationError)
  })

  test.each([
    ['its signature is wrong', `v=${'A'.repeat(43)}=`, /signature/],
    ['its signature is short', 'v=AAAA', /signature/],
    ['it has none', 'x=1', /signature/],
    ['it refuses the proof', 'e=invalid-proof', /invalid-proof/],
  ])('%s', async (_, serverFinal, message) => {
    const client = exchange()
    client.begin()
    await client.next(Buffer.from(SERVER_FIRST))
    await expect(client.next(Buffer.from(serverFinal))).rejects.toThrow(message)
  })
})
