import { type AnyApi, asDeclared } from './api.ts'
import { EncodeError, KafkaError } from './errors.ts'
import { shown } from './shown.ts'

/** The versions of an API that somebody speaks, both ends included, as an ApiVersions answer lists them. */
export interface SpokenRange {
  readonly minVersion: number
  readonly maxVersion: number
}

/** What of an ApiVersions answer tells which versions a broker speaks. */
export interface SpokenVersions {
  readonly apiKeys: ReadonlyArray<SpokenRange & { readonly apiKey: number }>
}

/**
 * The newest version of an API that both sides speak: the broker that gave this answer to ApiVersions, and this library.
 * @param options `unstable` also takes a version that Kafka may still change; default false
 * @returns `undefined` if there is none
 * @throws EncodeError if `api` is none of `apis`; KafkaError (`INVALID_ARGUMENT`) if `answer` is no such answer
 */
export function commonVersion(
  answer: SpokenVersions,
  api: AnyApi,
  options: { readonly unstable?: boolean } = {},
): number | undefined {
  const { key } = asDeclared(api, EncodeError)
  if (!Array.isArray(answer?.apiKeys)) {
    const message = `The answer must be the body of an ApiVersions response, got ${shown(answer)} without apiKeys`
    throw new KafkaError(message, { code: 'INVALID_ARGUMENT' })
  }
  const theirs = (answer as SpokenVersions).apiKeys.find(({ apiKey }) => apiKey === key)
  if (theirs === undefined) return undefined
  return newestCommon(api, theirs, options.unstable === true ? api.maxVersion : newestStable(api))
}

/** The newest version that Kafka will not change any more. It may be below `minVersion`: then there is none. */
export function newestStable(api: AnyApi): number {
  return api.latestVersionUnstable ? api.maxVersion - 1 : api.maxVersion
}

/** The newest version up to `newest` that this library and `theirs` have in common. */
export function newestCommon(api: AnyApi, theirs: SpokenRange, newest: number): number | undefined {
  const version = Math.min(theirs.maxVersion, newest)
  return version >= theirs.minVersion && version >= api.minVersion ? version : undefined
}
