import { defineApi } from '../api.ts'
import { boolean, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Raises, lowers or removes finalized feature levels of the cluster (KIP-584, KIP-778). */
export const updateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexible: '0+',
  request: {
    timeoutMs: int32({ default: 60_000 }),
    featureUpdates: structs({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: boolean({ versions: '0' }),
      /** 1 upgrade only, 2 safe downgrade, 3 unsafe downgrade. */
      upgradeType: int8({ versions: '1+', default: 1 }),
    }),
    validateOnly: boolean({ versions: '1+', default: false }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: structs(
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      },
      { versions: '0-1', ignorable: true },
    ),
  },
})
