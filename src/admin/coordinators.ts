import type { AnyApi, ResponseOf } from '../../protocol/api.ts'
import type { RoutedBody } from '../cluster/cluster.ts'
import { COORDINATOR_LOAD_IN_PROGRESS, meansWrongCoordinator } from '../cluster/error-codes.ts'
import { Backoff, sleep } from '../retry.ts'
import type { Call } from './call.ts'
import { type ByName, byName, everyResultByName, type Outcome, outcomeOf } from './outcomes.ts'

/** A question that the coordinator of a group answers. */
export interface GroupQuestion<A extends AnyApi> {
  readonly api: A
  readonly body: RoutedBody<A>
  /** All error codes of an answer. */
  codes(response: ResponseOf<A>): Iterable<number>
  /** Codes that time cures, beside those by which the broker is not (yet) the coordinator. */
  readonly passing?: ReadonlySet<number>
  readonly maxVersion?: number
}

/**
 * Asks the coordinator of a group, wherever it moves, until the call's time is up; the last answer is then returned as it is.
 * @throws as `Cluster.send`
 */
export async function askCoordinator<A extends AnyApi>(
  call: Call,
  groupId: string,
  { api, body, codes, passing, maxVersion }: GroupQuestion<A>,
): Promise<ResponseOf<A>> {
  const { retryBackoffMs, retryBackoffMaxMs } = call.cluster.options
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
  const errorCode = (response: ResponseOf<A>): number => wrongCoordinator(codes(response))
  for (;;) {
    const answer = await call.send(api, body, { group: groupId }, errorCode, maxVersion)
    if (passing === undefined || ![...codes(answer)].some((code) => passing.has(code))) return answer
    const delay = backoff.next()
    if (delay >= call.deadline.remainingMs) return answer
    await sleep(delay, call.signal)
  }
}

/** For `cluster.send`: the code by which the broker is not, or not yet, the coordinator. Others are no matter of routing. */
function wrongCoordinator(codes: Iterable<number>): number {
  for (const code of codes) if (code === COORDINATOR_LOAD_IN_PROGRESS || meansWrongCoordinator(code)) return code
  return 0
}

/**
 * Asks about several groups at the same time. Each has its own coordinator, and its own outcome.
 * @param ask throws why a group has no result
 * @throws PartialFailureError with the outcome of each group, if any failed
 */
export async function askAboutGroups<T>(
  call: Call,
  method: string,
  groupIds: readonly string[],
  ask: (groupId: string) => Promise<T>,
): Promise<ByName<T>> {
  const outcomes = byName<Outcome<T>>()
  await Promise.all(
    groupIds.map(async (groupId) => {
      outcomes[groupId] = await outcomeOf(call, ask(groupId))
    }),
  )
  // In the order asked, whatever order the answers came in.
  return everyResultByName(method, byName(groupIds.map((groupId) => [groupId, outcomes[groupId]])))
}
