import { defineApi } from '../api.ts'
import { array, int16, int32, nullable, string, structs, uuid } from '../fields.ts'

/** Deletes topics, by name or, from version 6 on, by id; only the controller does. */
export const deleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: structs(
      {
        name: nullable(string({ default: null })),
        topicId: uuid(),
      },
      { versions: '6+' },
    ),
    topicNames: array(string(), { versions: '1-5', ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    responses: structs({
      name: nullable(string(), '6+'),
      topicId: uuid({ versions: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string({ versions: '5+', default: null, ignorable: true })),
    }),
  },
})
