/** What ACLs allow, each at the bit that Kafka has for it. */
const OPERATIONS = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
] as const

/** An operation that ACLs can allow or forbid, by Java's name; some fit only some resources. */
export type AclOperation = (typeof OPERATIONS)[number]

/** What a broker answers when it was not asked, or is too old to be. */
const NOT_ASKED = -(2 ** 31)

/** The operations whose bits are set; null if the broker was not asked for them. */
export function authorizedOperations(bits: number): AclOperation[] | null {
  return bits === NOT_ASKED ? null : OPERATIONS.filter((_, bit) => (bits & (1 << bit)) !== 0)
}
