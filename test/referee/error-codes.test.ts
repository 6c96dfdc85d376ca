import { describe, expect, test } from 'vitest'
import { brokerErrors } from '../../protocol/errors.ts'
import { hasReferee, Referee } from './referee.ts'

describe.skipIf(!hasReferee)("the error table, with Kafka's own", () => {
  test('has the same names and numbers, and the same may be tried again', async () => {
    const referee = new Referee()
    const { errors } = await referee.ask<{ errors: { code: number }[] }>('{"op":"errors"}')
    await referee.close()
    const ours = Object.values(brokerErrors).map(({ name, code, retriable }) => ({ name, code, retriable }))
    expect(ours.sort((a, b) => a.code - b.code)).toEqual(errors.sort((a, b) => a.code - b.code))
  })
})
