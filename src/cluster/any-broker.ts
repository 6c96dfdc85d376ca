import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError, KafkaError, TimeoutError } from '../errors.ts'
import type { Broker } from '../network/broker.ts'
import type { Backoff, Deadline } from '../retry.ts'
import { firstAnswer } from './first-answer.ts'

/** How long a broker may keep silent before the next one is asked as well. */
const PATIENCE_MS = 2000

export interface AnyBrokerOptions {
  /** Brokers that metadata names; empty before the first answer. */
  known(): Broker[]
  /** The bootstrap addresses, in the user's order. */
  seeds(): Broker[]
}

/** Who was asked without an answer: the failure, or null while there is none. */
type Round = Map<Broker, unknown>

/**
 * Puts a question that every broker can answer to those that are known, and when none of them can be
 * reached, to the bootstrap addresses again (KIP-899): the cluster may have moved as a whole.
 */
export class AnyBroker {
  readonly #options: AnyBrokerOptions
  #turn = 0
  #latest: Round = new Map()
  /** Why each gave no answer when it was last asked: in the midst of a round that still says more than nothing. */
  readonly #lastFailures = new WeakMap<Broker, unknown>()

  constructor(options: AnyBrokerOptions) {
    this.#options = options
  }

  /**
   * One round over all candidates. A broker that was reached and refuses has answered for all of them.
   * @throws that refusal (AuthenticationError, UnsupportedVersionError …) at once; else a ConnectionError that names
   * every address with its failure, when the last has failed or time is up
   */
  async ask<T>(question: (broker: Broker) => Promise<T>, deadline: Deadline): Promise<T> {
    const failures: Round = new Map()
    this.#latest = failures
    const asked = (broker: Broker): Promise<T> => this.#ask(broker, question)
    for (const candidates of [this.#inTurn(this.#options.known()), this.#options.seeds()]) {
      const first = await firstAnswer(candidates, asked, { patienceMs: PATIENCE_MS, deadline, failures, isFinal })
      if (first !== null) return first.answer
    }
    throw unreachable(this.#known(failures))
  }

  /**
   * Rounds with backoff until one is answered or time is up: how a client comes to know its cluster.
   * @throws ConnectionError `BOOTSTRAP_FAILED`, at once when no candidate's failure can be cured by a retry
   */
  async bootstrap<T>(
    question: (broker: Broker) => Promise<T>,
    deadline: Deadline,
    backoff: Backoff,
    closed: AbortSignal,
  ): Promise<T> {
    for (;;) {
      try {
        return await this.ask(question, deadline)
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        // Those who wait keep the process alive; when they have all gone, nobody needs to be connected.
        const delay = Math.min(backoff.next(), deadline.remainingMs)
        await sleep(delay, undefined, { ref: false, signal: closed }).catch(() => {
          throw closed.reason
        })
        if (deadline.expired) {
          throw new ConnectionError(`Not connected within ${Math.round(deadline.timeoutMs)} ms: ${error.message}`, {
            code: 'BOOTSTRAP_FAILED',
            cause: error,
          })
        }
      }
    }
  }

  /** How the latest round stands, as the error of somebody who cannot wait for its end. */
  get trouble(): KafkaError {
    return unreachable(this.#known(this.#latest))
  }

  async #ask<T>(broker: Broker, question: (broker: Broker) => Promise<T>): Promise<T> {
    try {
      const answer = await question(broker)
      this.#lastFailures.delete(broker)
      return answer
    } catch (error) {
      this.#lastFailures.set(broker, error)
      throw error
    }
  }

  /** A round with what earlier ones have found of those that have not failed in it, or were not asked yet. */
  #known(round: Round): Round {
    const known: Round = new Map(round)
    for (const broker of [...round.keys(), ...this.#options.seeds()]) {
      known.set(broker, round.get(broker) ?? this.#lastFailures.get(broker) ?? null)
    }
    return known
  }

  /** Connected brokers first, the least busy of them in front; otherwise each in turn. */
  #inTurn(brokers: Broker[]): Broker[] {
    const start = brokers.length === 0 ? 0 : this.#turn++ % brokers.length
    const turned = [...brokers.slice(start), ...brokers.slice(0, start)]
    const load = (broker: Broker): number => broker.current?.inFlight ?? Number.MAX_SAFE_INTEGER
    return turned.sort((a, b) => load(a) - load(b))
  }
}

/** Whether there is no point in asking another broker. One that is no broker at all says nothing about the others. */
function isFinal(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return false
  return !(error instanceof KafkaError && error.retriable)
}

function unreachable(round: Round): KafkaError {
  const errors = [...round.values()].filter((error) => error !== null)
  const retriable = errors.length < round.size || errors.some((error) => error instanceof KafkaError && error.retriable)
  // One that can only be wrong (a web server, say) is reported as what it is when there is no other.
  if (errors.length === 1 && !retriable) return errors[0] as KafkaError
  if (round.size === 0) return new TimeoutError('No broker of the cluster has answered yet')
  const lines = [...round].map(([{ host, port }, error]) => {
    return `${host}:${port} (${error === null ? 'no answer yet' : (error as Error).message})`
  })
  return new ConnectionError(`No broker of the cluster can be reached: ${[...new Set(lines)].join(', ')}`, {
    code: 'BOOTSTRAP_FAILED',
    retriable,
    cause: new AggregateError(errors),
  })
}
