import { describe, expect, test } from 'vitest'
import { parseBootstrapServers } from '../../../src/cluster/bootstrap-servers.ts'

describe('bootstrapServers', () => {
  test.each([
    ['localhost:9092', [{ host: 'localhost', port: 9092 }]],
    [
      'a:1, b:2',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    [
      ['a:1', 'b:2,c:3'],
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 3 },
      ],
    ],
    ['[::1]:9092', [{ host: '::1', port: 9092 }]],
    ['PLAINTEXT://a:1', [{ host: 'a', port: 1 }]],
    ['a:1,a:1,', [{ host: 'a', port: 1 }]],
  ])('%j', (value, expected) => {
    expect(parseBootstrapServers(value)).toEqual(expected)
  })

  test.each(['localhost', 'localhost:', ':9092', 'a:0', 'a:65536', 'a:9x', '::1:9092', 'a b:1'])(
    'names %j as what is wrong',
    (value) => {
      expect(() => parseBootstrapServers(`ok:1,${value}`)).toThrow(`'${value}' is not an address of the form host:port`)
    },
  )

  test.each(['', ' , ', []])('refuses an empty list: %j', (value) => {
    expect(() => parseBootstrapServers(value)).toThrow('must name at least one broker')
  })
})
