import { defineApi } from '../api.ts'
import { boolean, float64, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Client quotas of the entities that match a filter (KIP-546). */
export const describeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexible: '1+',
  request: {
    components: structs({
      entityType: string(),
      /** 0 the name in `match`, 1 the default entity, 2 any name. */
      matchType: int8(),
      match: nullable(string()),
    }),
    strict: boolean(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    entries: nullable(
      structs({
        entity: structs({
          entityType: string(),
          entityName: nullable(string()),
        }),
        values: structs({
          key: string(),
          value: float64(),
        }),
      }),
    ),
  },
})
