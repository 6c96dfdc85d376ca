import { errorCode } from '../../protocol/errors.ts'
import { UNKNOWN_SERVER_ERROR } from '../cluster/error-codes.ts'
import { brokerError, KafkaError } from '../errors.ts'
import { Backoff, sleep } from '../retry.ts'
import type { Call } from './call.ts'
import { type ByName, byName, everyResultByName, type Outcome, outcomeOf } from './outcomes.ts'
import { spread, type TopicAnswer as TopicMetadata } from './spread.ts'

const THROTTLING_QUOTA_EXCEEDED = errorCode('THROTTLING_QUOTA_EXCEEDED')

/** A controller's answer about one topic. */
interface TopicAnswer {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** A change of topics that the controller makes. */
export interface TopicChange<Answer extends TopicAnswer, Result> {
  readonly method: string
  readonly names: readonly string[]
  /** Asks for some of the topics, and resolves with the answer about each. */
  send(names: ReadonlySet<string>): Promise<readonly Answer[]>
  result(answer: Answer): Result
  /** Whether a broker's description of a topic shows the change; null where there is nothing to see. */
  readonly known: ((topic: TopicMetadata) => boolean) | null
}

/**
 * Has the controller change topics, asks again for those that a quota put off (KIP-599), and waits until the brokers know
 * of what was changed.
 * @throws PartialFailureError with the outcome of each topic, if any failed
 */
export async function changeTopics<Answer extends TopicAnswer, Result>(
  call: Call,
  { method, names, send, result, known }: TopicChange<Answer, Result>,
): Promise<ByName<Result>> {
  const { retryBackoffMs, retryBackoffMaxMs } = call.cluster.options
  const backoff = new Backoff(retryBackoffMs, retryBackoffMaxMs)
  const answers = new Map<string, Answer>()
  let open: ReadonlySet<string> = new Set(names)
  let failure: KafkaError | null = null
  while (open.size > 0) {
    const answered = await outcomeOf(call, send(open))
    if (answered instanceof KafkaError) {
      // What became of the others must be told all the same.
      failure = answered
      break
    }
    for (const answer of answered) if (answer.name !== null) answers.set(answer.name, answer)
    open = new Set(names.filter((name) => answers.get(name)?.errorCode === THROTTLING_QUOTA_EXCEEDED))
    if (open.size === 0) break
    const delay = backoff.next()
    if (delay >= call.deadline.remainingMs) break
    await sleep(delay, call.signal)
  }
  const outcomes = byName<Outcome<Result>>()
  const changed: string[] = []
  for (const name of names) {
    const answer = answers.get(name)
    if (answer?.errorCode === 0) {
      outcomes[name] = result(answer)
      changed.push(name)
    } else outcomes[name] = open.has(name) && failure !== null ? failure : refusal(name, answer)
  }
  if (known !== null && changed.length > 0) await spread(call, changed, known)
  return everyResultByName(method, outcomes)
}

function refusal(name: string, answer: TopicAnswer | undefined): KafkaError {
  const subject = `Topic '${name}'`
  if (answer !== undefined) return brokerError(answer.errorCode, subject, { topic: name, message: answer.errorMessage })
  return brokerError(UNKNOWN_SERVER_ERROR, subject, { topic: name, message: 'the controller left it out' })
}
