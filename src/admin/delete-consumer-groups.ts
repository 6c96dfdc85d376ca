import { deleteGroups } from '../../protocol/messages/delete-groups.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import type { Call } from './call.ts'
import { askAboutGroups, askCoordinator } from './coordinators.ts'
import { groupError } from './group-errors.ts'

/** @throws PartialFailureError whose results have null for what was deleted */
export async function deleteConsumerGroups(call: Call, groupIds: readonly string[]): Promise<void> {
  await askAboutGroups(call, 'admin.deleteConsumerGroups()', groupIds, async (groupId) => {
    const { results } = await askCoordinator(call, groupId, {
      api: deleteGroups,
      body: { groupsNames: [groupId] },
      codes: ({ results }) => results.map(({ errorCode }) => errorCode),
    })
    const answer = results.find((each) => each.groupId === groupId)
    if (answer?.errorCode === 0) return null
    throw groupError(answer?.errorCode ?? UNKNOWN_SERVER_ERROR, groupId, {
      message: answer === undefined ? 'the coordinator left it out' : answer.errorMessage,
    })
  })
}
