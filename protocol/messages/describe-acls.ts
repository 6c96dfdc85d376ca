import { defineApi } from '../api.ts'
import { int8, int16, int32, nullable, string, structs } from '../fields.ts'

/** The access rules that match a filter (KIP-140, KIP-290). */
export const describeAcls = defineApi({
  key: 29,
  name: 'DescribeAcls',
  versions: '1-3',
  flexible: '2+',
  request: {
    /** 0 unknown, 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user. */
    resourceTypeFilter: int8(),
    resourceNameFilter: nullable(string()),
    /** 1 any, 2 every pattern that matches, 3 literal, 4 prefixed. */
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: nullable(string()),
    hostFilter: nullable(string()),
    /** 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit. */
    operation: int8(),
    /** 1 any, 2 deny, 3 allow. */
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    resources: structs({
      /** 0 unknown, 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 delegation token, 7 user. */
      resourceType: int8(),
      resourceName: string(),
      /** 1 any, 2 every pattern that matches, 3 literal, 4 prefixed. */
      patternType: int8({ default: 3 }),
      acls: structs({
        principal: string(),
        host: string(),
        /** 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10 describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase commit. */
        operation: int8(),
        /** 1 any, 2 deny, 3 allow. */
        permissionType: int8(),
      }),
    }),
  },
})
