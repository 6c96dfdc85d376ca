/** Credentials for a SASL mechanism. */
export interface SaslOptions {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  username: string
  password: string
}

/** One exchange with one broker: what the client says first, and what it says to each answer. */
export interface SaslExchange {
  /** The client's first message. */
  begin(): Buffer
  /**
   * @returns what to say next, or `null` when the exchange is complete
   * @throws AuthenticationError if the answer is not the one of a server that knows the credentials
   */
  next(challenge: Buffer): Promise<Buffer | null>
}
