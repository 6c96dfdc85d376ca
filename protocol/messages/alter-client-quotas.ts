import { defineApi } from '../api.ts'
import { boolean, float64, int16, int32, nullable, string, structs } from '../fields.ts'

/** Sets and removes client quotas (KIP-546). */
export const alterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    entries: structs({
      entity: structs({
        entityType: string(),
        entityName: nullable(string()),
      }),
      ops: structs({
        key: string(),
        value: float64(),
        remove: boolean(),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    entries: structs({
      errorCode: int16(),
      errorMessage: nullable(string()),
      entity: structs({
        entityType: string(),
        entityName: nullable(string()),
      }),
    }),
  },
})
