/** The versions from `min` to `max`, both included. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** No version at all. */
export const noVersions: VersionRange = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }

/** Reads Kafka's notation: `3+` (from 3 on), `0-12`, `5` (only 5). */
export function parseVersions(text: string): VersionRange {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new TypeError(`"${text}" is not a version range such as 3+, 0-12 or 5`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: Number.POSITIVE_INFINITY }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}
