import type { SaslExchange, SaslOptions } from './mechanism.ts'

/** PLAIN (RFC 4616): name and password as they are, so only ever over TLS outside of tests. */
export function plain({ username, password }: SaslOptions): SaslExchange {
  return {
    begin: () => Buffer.from(`\0${username}\0${password}`),
    next: async () => null,
  }
}
