import { describe, expect, test } from 'vitest'
import { apis, type KnownApi } from '../../../protocol/messages/index.ts'
import { UnsupportedVersionError } from '../../../src/errors.ts'
import { NegotiatedVersions } from '../../../src/network/api-versions.ts'
import { versionsAnswer } from './scripted-broker.ts'

/** What is chosen with a broker that has every version of every API. */
const versions = new NegotiatedVersions('b:9092', {
  ...{ errorCode: 0, throttleTimeMs: 0, supportedFeatures: [], finalizedFeatures: [], finalizedFeaturesEpoch: -1 },
  zkMigrationReady: false,
  apiKeys: versionsAnswer().apiKeys.map((range) => ({ ...range })),
})
const all: KnownApi[] = Object.values(apis)
const unstable = all.filter((api) => api.latestVersionUnstable)

test('the newest version that both have is chosen', () => {
  for (const api of all) if (!api.latestVersionUnstable) expect(versions.choose(api), api.name).toBe(api.maxVersion)
})

describe('a version that Kafka may still change', () => {
  test('exists', () => expect(unstable).not.toHaveLength(0))

  test.each(unstable.map((api) => [api.name, api] as const))('%s is not chosen', (_, api) => {
    const newestStable = api.maxVersion - 1
    if (newestStable >= api.minVersion) {
      expect(versions.choose(api)).toBe(newestStable)
      // A lower limit is none that asks for it.
      expect(() => versions.choose(api, api.maxVersion)).toThrow(UnsupportedVersionError)
    } else expect(() => versions.choose(api)).toThrow(UnsupportedVersionError)
  })
})
