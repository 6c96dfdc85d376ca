import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/errors.ts'
import { checkMessage, type MessageHeaders, normaliseHeaders } from '../../../src/producer/message.ts'

describe('headers', () => {
  it('may be an object, whose arrays are repeated names', () => {
    expect(normaliseHeaders('t', { a: '1', b: ['2', null, Buffer.from('3')], c: null })).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['b', null],
      ['b', Buffer.from('3')],
      ['c', null],
    ])
  })

  it('may be any iterable of pairs; order, repeated names and null values are kept', () => {
    const pairs: Array<[string, string | null]> = [
      ['a', '1'],
      ['a', null],
      ['a', ''],
    ]
    expect(normaliseHeaders('t', pairs)).toEqual(pairs)
    expect(normaliseHeaders('t', pairs.values())).toEqual(pairs)
    expect(normaliseHeaders('t', new Map([['x', ['y', null]]]))).toEqual([
      ['x', 'y'],
      ['x', null],
    ])
  })

  it('may have any name', () => {
    expect(normaliseHeaders('t', JSON.parse('{"__proto__":"x"}'))).toEqual([['__proto__', 'x']])
  })

  it.each([
    ['a text', 'abc', /headers/],
    ['null', null, /headers/],
    ['a number as value', { h: 5 }, /Header 'h' for topic 't'.*got 5/],
    ['undefined as value', { h: undefined }, /Header 'h'.*got undefined/],
    ['a number in an array', { h: ['x', 5] }, /Header 'h'.*got 5/],
    ['no pairs', ['x'], /iterable of \[name, value\]/],
    ['a name that is no text', [[1, 'x']], /name of a header/],
  ])('%s is a UsageError', (_what, headers, message) => {
    expect(() => normaliseHeaders('t', headers as unknown as MessageHeaders)).toThrow(UsageError)
    expect(() => normaliseHeaders('t', headers as unknown as MessageHeaders)).toThrow(message)
  })
})

describe('a message', () => {
  it.each([
    [undefined, /message must be an object/],
    [null, /message must be an object/],
    ['text', /message must be an object/],
    [{ value: 'x' }, /'topic'/],
    [{ topic: '', value: 'x' }, /'topic'/],
    [{ topic: 't' }, /'value' for topic 't' is undefined/],
    [{ topic: 't', value: 'x', partition: -1 }, /'partition'.*got -1/],
    [{ topic: 't', value: 'x', partition: 1.5 }, /'partition'.*got 1.5/],
    [{ topic: 't', value: 'x', partition: '0' }, /'partition'.*got '0'/],
    [{ topic: 't', value: 'x', timestamp: -5 }, /'timestamp'/],
    [{ topic: 't', value: 'x', timestamp: new Date() }, /'timestamp'.*Date/],
  ])('%j is a UsageError that names the field', (message, text) => {
    expect(() => checkMessage(message as never)).toThrow(UsageError)
    expect(() => checkMessage(message as never)).toThrow(text)
  })

  it('may be a tombstone', () => {
    expect(() => checkMessage({ topic: 't', value: null } as never)).not.toThrow()
  })
})
