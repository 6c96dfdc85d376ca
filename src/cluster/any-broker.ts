import { AuthenticationError, ConnectionError, KafkaError, UnsupportedVersionError } from '../errors.ts'
import type { Broker } from '../network/broker.ts'
import { type Backoff, Deadline, sleep } from '../retry.ts'
import { firstAnswer } from './first-answer.ts'

/** How long a broker may keep silent before the next one is asked as well. */
const PATIENCE_MS = 2000

export interface AnyBrokerOptions {
  /** Brokers that metadata names; empty before the first answer. */
  known(): Broker[]
  /** The bootstrap addresses, in the user's order. */
  seeds(): Broker[]
}

/**
 * Puts a question that every broker can answer to those that are known, and when none of them can be
 * reached, to the bootstrap addresses again (KIP-899): the cluster may have moved as a whole.
 */
export class AnyBroker {
  readonly #options: AnyBrokerOptions
  #turn = 0

  constructor(options: AnyBrokerOptions) {
    this.#options = options
  }

  /**
   * One round over all candidates.
   * @throws AuthenticationError at once; else a ConnectionError that names every address with its failure
   */
  async ask<T>(question: (broker: Broker) => Promise<T>): Promise<T> {
    const groups = [this.#inTurn(this.#options.known()), this.#options.seeds()]
    const failures: Array<{ candidate: Broker; error: unknown }> = []
    for (const candidates of groups) {
      const outcome = await firstAnswer(candidates, question, PATIENCE_MS)
      if ('answer' in outcome) return outcome.answer
      failures.push(...outcome.failures)
    }
    throw unreachable(failures)
  }

  /**
   * Rounds with backoff until one is answered or time is up: how a client comes to know its cluster.
   * @throws ConnectionError `BOOTSTRAP_FAILED`, at once when no candidate's failure can be cured by a retry
   */
  async bootstrap<T>(
    question: (broker: Broker) => Promise<T>,
    timeoutMs: number,
    backoff: Backoff,
    closed: AbortSignal,
  ): Promise<T> {
    const deadline = new Deadline(timeoutMs)
    for (;;) {
      try {
        return await this.ask(question)
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        const delay = backoff.next()
        if (delay >= deadline.remainingMs) {
          throw new ConnectionError(`Not connected within ${timeoutMs} ms: ${error.message}`, {
            code: 'BOOTSTRAP_FAILED',
            cause: error,
          })
        }
        await sleep(delay, closed).catch(() => {
          throw closed.reason
        })
      }
    }
  }

  /** Connected brokers first, the least busy of them in front; otherwise each in turn. */
  #inTurn(brokers: Broker[]): Broker[] {
    const start = brokers.length === 0 ? 0 : this.#turn++ % brokers.length
    const turned = [...brokers.slice(start), ...brokers.slice(0, start)]
    const load = (broker: Broker): number => broker.current?.inFlight ?? Number.MAX_SAFE_INTEGER
    return turned.sort((a, b) => load(a) - load(b))
  }
}

function unreachable(failures: Array<{ candidate: Broker; error: unknown }>): KafkaError {
  const refused = failures.find(({ error }) => error instanceof AuthenticationError)
  if (refused !== undefined) return refused.error as AuthenticationError
  const lines = failures.map(({ candidate, error }) => {
    return `${candidate.host}:${candidate.port} (${error instanceof Error ? error.message : String(error)})`
  })
  const retriable = failures.some(({ error }) => error instanceof KafkaError && error.retriable)
  const errors = failures.map(({ error }) => error)
  // They were reached, and none of them has the API.
  if (errors.length > 0 && errors.every((error) => error instanceof UnsupportedVersionError)) return errors[0]
  // One that can only be wrong (a web server, say) is reported as what it is when there is no other.
  const only = errors.length === 1 && !retriable && errors[0] instanceof KafkaError ? errors[0] : null
  if (only !== null) return only
  return new ConnectionError(`No broker of the cluster can be reached: ${[...new Set(lines)].join(', ')}`, {
    code: 'BOOTSTRAP_FAILED',
    retriable,
    cause: new AggregateError(errors),
  })
}
