import type { ResponseOf } from '../../protocol/api.ts'
import { deleteTopics as deleteTopicsApi } from '../../protocol/messages/delete-topics.ts'
import { ZERO_UUID } from '../../protocol/uuid.ts'
import type { Call } from './call.ts'
import { notController } from './controller-answers.ts'
import { isUnknown } from './spread.ts'
import { changeTopics } from './topic-changes.ts'

/** DeleteTopics since this version has names and ids in one structure (KIP-516). */
const FIRST_WITH_TOPIC_IDS = 6

/** @throws PartialFailureError */
export async function deleteTopics(call: Call, names: readonly string[]): Promise<void> {
  await changeTopics(call, {
    method: 'admin.deleteTopics()',
    names,
    send: async (open) => {
      const wanted = [...open]
      const body = (version: number) => {
        const timeoutMs = call.brokerTimeoutMs
        if (version < FIRST_WITH_TOPIC_IDS) return { topicNames: wanted, timeoutMs }
        return { topics: wanted.map((name) => ({ name, topicId: ZERO_UUID })), timeoutMs }
      }
      const moved = ({ responses }: ResponseOf<typeof deleteTopicsApi>) => notController(0, responses)
      return (await call.send(deleteTopicsApi, body, 'controller', moved)).responses
    },
    result: () => null,
    known: isUnknown,
  })
}
