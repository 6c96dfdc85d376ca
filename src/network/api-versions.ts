import type { AnyApi, ResponseOf } from '../../protocol/api.ts'
import { newestCommon, newestStable, type SpokenRange } from '../../protocol/common-version.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { apiVersions } from '../../protocol/messages/api-versions.ts'
import { UnsupportedVersionError } from '../errors.ts'

export const UNSUPPORTED_VERSION = errorCode('UNSUPPORTED_VERSION')

/** What one broker speaks, as it said on one connection: in a rolling upgrade the next one may speak otherwise. */
export class NegotiatedVersions {
  readonly #broker: string
  readonly #ranges = new Map<number, SpokenRange>()

  constructor(broker: string, response: ResponseOf<typeof apiVersions>) {
    this.#broker = broker
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys) {
      this.#ranges.set(apiKey, { minVersion, maxVersion })
    }
  }

  /** The newest version that both sides speak, not above `maxVersion`; `undefined` if there is none. */
  common(api: AnyApi, maxVersion = Number.POSITIVE_INFINITY): number | undefined {
    const range = this.#ranges.get(api.key)
    if (range === undefined) return undefined
    return newestCommon(api, range, Math.min(newestStable(api), maxVersion))
  }

  /**
   * The newest version that both sides speak, within the caller's limits.
   * @throws UnsupportedVersionError naming both sides' ranges
   */
  choose(api: AnyApi, minVersion = 0, maxVersion?: number): number {
    const version = this.common(api, maxVersion)
    if (version !== undefined && version >= minVersion) return version
    const range = this.#ranges.get(api.key)
    const theirs =
      range === undefined ? 'does not have it' : `speaks versions ${range.minVersion} to ${range.maxVersion}`
    const limits = [
      minVersion > 0 ? `at least ${minVersion}` : '',
      maxVersion === undefined ? '' : `at most ${maxVersion}`,
    ]
    const here = limits.filter((limit) => limit !== '').join(' and ')
    const limit = here === '' ? '' : ` (here ${here})`
    throw new UnsupportedVersionError(
      `${api.name}: this client speaks versions ${api.minVersion} to ${api.maxVersion}${limit}, ${this.#broker} ${theirs}`,
      { api: api.name, broker: this.#broker },
    )
  }
}
