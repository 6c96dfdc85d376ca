import { deleteTopics as deleteTopicsApi } from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import type { Call } from './call.ts'
import { isUnknown, spread } from './spread.ts'
import { changeTopics, controllerMoved } from './topic-changes.ts'

/** DeleteTopics since this version has names and ids in one structure (KIP-516). */
const FIRST_WITH_TOPIC_IDS = 6

/** @throws PartialFailureError */
export async function deleteTopics(call: Call, names: readonly string[]): Promise<void> {
  await changeTopics(
    call,
    'admin.deleteTopics()',
    names,
    async (open) => {
      const wanted = [...open]
      const body = (version: number) => {
        const timeoutMs = call.brokerTimeoutMs
        if (version < FIRST_WITH_TOPIC_IDS) return { topicNames: wanted, timeoutMs }
        return { topics: wanted.map((name) => ({ name, topicId: ZERO_UUID })), timeoutMs }
      }
      const answer = await call.send(deleteTopicsApi, body, 'controller', ({ responses }) => controllerMoved(responses))
      return answer.responses
    },
    () => null,
  )
  await spread(call, names, isUnknown)
}
