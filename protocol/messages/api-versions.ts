import { type AnyApi, defineApi } from '../api.ts'
import { errorCode } from '../error-codes.ts'
import { EncodeError } from '../errors.ts'
import { leaving } from '../field-path.ts'
import { boolean, int16, int32, int64, nullable, string, structs } from '../fields.ts'

/**
 * Which APIs and versions a broker speaks, and the features that the cluster has finalized (KIP-35, KIP-511,
 * KIP-584).
 */
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: '0-5',
  flexible: '3+',
  request: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
    /** With `nodeId`: whom the client means to talk to; another one answers REBOOTSTRAP_REQUIRED (KIP-1242). */
    clusterId: nullable(string({ versions: '5+', default: null, ignorable: true })),
    nodeId: int32({ versions: '5+', default: -1, ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: structs({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    supportedFeatures: structs(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { versions: '3+', tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: structs(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { versions: '3+', tag: 2, ignorable: true },
    ),
    zkMigrationReady: boolean({ versions: '3+', tag: 3, default: false, ignorable: true }),
  },
})

const UNSUPPORTED_VERSION = errorCode('UNSUPPORTED_VERSION')

/**
 * The version in which a response is written: the one that was asked for, unless the broker does not know that version
 * of ApiVersions, which it then says in version 0 (KIP-511).
 * @param frame the response with its header
 */
export function answeredVersion(api: AnyApi, requested: number, frame: Buffer): number {
  return api.key === apiVersions.key && frame.length >= 6 && frame.readInt16BE(4) === UNSUPPORTED_VERSION
    ? 0
    : requested
}

/**
 * Refuses a response that would be read in another version than it is written in, see {@link answeredVersion}.
 * @throws EncodeError that knows the field
 */
export function requireAnsweredVersion(api: AnyApi, version: number, body: { readonly errorCode?: unknown }): void {
  if (api.key !== apiVersions.key || version === 0 || body?.errorCode !== UNSUPPORTED_VERSION) return
  throw leaving('errorCode', new EncodeError('UNSUPPORTED_VERSION is answered in version 0, whatever was asked for'))
}
