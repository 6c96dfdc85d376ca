import { describe, expect, test } from 'vitest'
import { apis, commonVersion, decodeResponse, EncodeError, encodeResponse } from '../../../protocol/index.ts'

function answer(minVersion: number, maxVersion: number, apiKey = apis.Fetch.key) {
  const body = { errorCode: 0, apiKeys: [{ apiKey, minVersion, maxVersion }] }
  return decodeResponse(apis.ApiVersions, 3, encodeResponse(apis.ApiVersions, 3, body))
}

describe('the common version', () => {
  const { minVersion, maxVersion } = apis.Fetch

  test.each<[string, [number, number], number | undefined]>([
    ['is theirs if they are older', [0, maxVersion - 2], maxVersion - 2],
    ['is ours if they are newer', [0, maxVersion + 2], maxVersion],
    ['is none if they are too new', [maxVersion + 1, maxVersion + 2], undefined],
    ['is none if they are too old', [0, minVersion - 1], undefined],
  ])('%s', (_, [min, max], expected) => expect(commonVersion(answer(min, max), apis.Fetch)).toBe(expected))

  test('is none if they do not have the API', () => {
    expect(commonVersion(answer(0, 99), apis.Produce)).toBeUndefined()
  })

  test('is unstable only if asked for', () => {
    const { InitProducerId } = apis
    expect(InitProducerId.latestVersionUnstable).toBe(true)
    const theirs = answer(0, 99, InitProducerId.key)
    expect(commonVersion(theirs, InitProducerId)).toBe(InitProducerId.maxVersion - 1)
    expect(commonVersion(theirs, InitProducerId, { unstable: true })).toBe(InitProducerId.maxVersion)
    const onlyUnstable = answer(InitProducerId.maxVersion, 99, InitProducerId.key)
    expect(commonVersion(onlyUnstable, InitProducerId)).toBeUndefined()
  })

  test('of what is no API, or no answer, is an error', () => {
    expect(() => commonVersion(answer(0, 99), 'Fetch' as never)).toThrow(EncodeError)
    const frame = { apiName: 'ApiVersions', body: answer(0, 99) }
    expect(() => commonVersion(frame as never, apis.Fetch)).toThrow('must be the body of an ApiVersions response')
  })
})
