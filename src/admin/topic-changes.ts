import { errorCode } from '../../protocol/errors.ts'
import { brokerError, KafkaError } from '../errors.ts'
import { Backoff, sleep } from '../retry.ts'
import type { Call } from './call.ts'
import { type ByName, byName, type Outcome, partialFailure } from './outcomes.ts'

const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')
const THROTTLING_QUOTA_EXCEEDED = errorCode('THROTTLING_QUOTA_EXCEEDED')

/** A controller's answer about one topic. */
interface TopicAnswer {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

/**
 * Has the controller change topics, and asks again for those that a quota put off (KIP-599).
 * @param send asks for some of the topics, and resolves with the answer about each
 * @throws PartialFailureError with the outcome of each topic, if any failed
 */
export async function changeTopics<Answer extends TopicAnswer, Result>(
  call: Call,
  method: string,
  names: readonly string[],
  send: (names: ReadonlySet<string>) => Promise<readonly Answer[]>,
  result: (answer: Answer) => Result,
): Promise<ByName<Result>> {
  const { retryBackoffMs, retryBackoffMaxMs } = call.cluster.options
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
  const answers = new Map<string, Answer>()
  let open: ReadonlySet<string> = new Set(names)
  let failure: KafkaError | null = null
  while (open.size > 0) {
    try {
      for (const answer of await send(open)) if (answer.name !== null) answers.set(answer.name, answer)
    } catch (error) {
      // What became of the others must be told all the same.
      if (!(error instanceof KafkaError) || call.signal.aborted || answers.size === 0) throw error
      failure = error
      break
    }
    open = new Set(names.filter((name) => answers.get(name)?.errorCode === THROTTLING_QUOTA_EXCEEDED))
    if (open.size === 0) break
    const delay = backoff.next()
    if (delay >= call.deadline.remainingMs) break
    await sleep(delay, call.signal)
  }
  const outcomes = byName<Outcome<Result>>()
  const failures: KafkaError[] = []
  for (const name of names) {
    const answer = answers.get(name)
    if (answer?.errorCode === 0) outcomes[name] = result(answer)
    else {
      const error = open.has(name) && failure !== null ? failure : refusal(name, answer)
      outcomes[name] = error
      failures.push(error)
    }
  }
  if (failures.length > 0) throw partialFailure(method, names.length, failures, outcomes)
  return outcomes as ByName<Result>
}

function refusal(name: string, answer: TopicAnswer | undefined): KafkaError {
  const subject = `Topic '${name}'`
  if (answer !== undefined) return brokerError(answer.errorCode, subject, { topic: name, message: answer.errorMessage })
  return brokerError(errorCode('UNKNOWN_SERVER_ERROR'), subject, { topic: name, message: 'the controller left it out' })
}

/** For `cluster.send`: the code by which the broker turns out not to be the controller any more. */
export function controllerMoved(answers: readonly TopicAnswer[]): number {
  return answers.some((answer) => answer.errorCode === NOT_CONTROLLER) ? NOT_CONTROLLER : 0
}
