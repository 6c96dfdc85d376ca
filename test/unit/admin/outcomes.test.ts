import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { byName, everyResult, everyResultByName } from '../../../src/admin/outcomes.ts'
import {
  AuthenticationError,
  brokerError,
  ConnectionError,
  type KafkaError,
  PartialFailureError,
  TimeoutError,
} from '../../../src/errors.ts'

const late = (broker: number) => new TimeoutError(`Broker ${broker}: no answer`)
const missing = (broker: number) =>
  new ConnectionError(`Broker ${broker} is not there`, { code: 'BROKER_NOT_AVAILABLE' })
const refused = (name: string) => brokerError(errorCode('TOPIC_ALREADY_EXISTS'), `Topic '${name}'`, { topic: name })

/** What each kind of call throws for these outcomes. */
const calls: Array<[string, (outcomes: Array<KafkaError | string>) => unknown]> = [
  ['a list', (outcomes) => thrown(() => everyResult('m', outcomes))],
  ['names', (outcomes) => thrown(() => everyResultByName('m', byName(outcomes.map((each, i) => [`n${i}`, each]))))],
]

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return null
}

describe.each(calls)('results of a call that answers with %s', (_, outcome) => {
  test('are kept where everything failed without an answer, each in its own way', () => {
    const error = outcome([missing(98), late(99)]) as PartialFailureError<object>
    expect(error).toBeInstanceOf(PartialFailureError)
    expect(error).toMatchObject({
      code: 'PARTIAL_FAILURE',
      message: 'm: 2 of 2 failed: Broker 98 is not there (and 1 more)',
    })
    expect(Object.values(error.results)).toMatchObject([{ code: 'BROKER_NOT_AVAILABLE' }, { code: 'TIMED_OUT' }])
  })

  test('are kept where everything failed for the same reason, elsewhere', () => {
    const error = outcome([missing(98), missing(99)]) as PartialFailureError<object>
    expect(error).toBeInstanceOf(PartialFailureError)
    expect(error.code).toBe('BROKER_NOT_AVAILABLE')
    expect(Object.values(error.results).map(({ message }) => message)).toEqual([
      'Broker 98 is not there',
      'Broker 99 is not there',
    ])
  })

  test('are kept where the same words mean different things', () => {
    expect(outcome([new TimeoutError('no'), new AuthenticationError('no')])).toBeInstanceOf(PartialFailureError)
  })

  test('are not worth an error of their own where one failure is that of the whole call', () => {
    const error = new AuthenticationError('no')
    expect(outcome([error, error, error])).toBe(error)
    const [first, second] = [new AuthenticationError('no'), new AuthenticationError('no')]
    expect(outcome([first, second])).toBe(first)
    const alone = late(1)
    expect(outcome([alone])).toBe(alone)
  })

  test('are told of what is refused, be it only one', () => {
    expect(outcome([missing(98)])).toBeInstanceOf(PartialFailureError)
    expect(outcome([refused('a')])).toMatchObject({ code: 'TOPIC_ALREADY_EXISTS', topic: 'a' })
    expect(outcome([refused('a')])).toBeInstanceOf(PartialFailureError)
    expect(outcome(['fine', late(1)])).toBeInstanceOf(PartialFailureError)
    expect(outcome(['fine'])).toBeNull()
  })
})
