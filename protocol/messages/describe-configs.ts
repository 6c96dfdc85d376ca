import { defineApi } from '../api.ts'
import { array, boolean, int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** Configurations of topics, brokers and more, with where each value comes from. */
export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: structs({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullable(array(string())),
    }),
    includeSynonyms: boolean({ default: false }),
    includeDocumentation: boolean({ versions: '3+', default: false }),
  },
  response: {
    throttleTimeMs: int32(),
    results: structs({
      errorCode: int16(),
      errorMessage: nullable(string()),
      resourceType: int8(),
      resourceName: string(),
      configs: structs({
        name: string(),
        value: nullable(string()),
        readOnly: boolean(),
        configSource: int8({ default: -1, ignorable: true }),
        isSensitive: boolean(),
        synonyms: structs(
          {
            name: string(),
            value: nullable(string()),
            source: int8(),
          },
          { ignorable: true },
        ),
        configType: int8({ versions: '3+', default: 0, ignorable: true }),
        documentation: nullable(string({ versions: '3+', ignorable: true })),
      }),
    }),
  },
})
