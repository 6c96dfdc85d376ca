import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../../src/consumer/duration.ts'
import { readConsumerOptions } from '../../../src/consumer/options.ts'
import { readSubscription, subscribedTopics } from '../../../src/consumer/subscription.ts'
import { TroubleLog } from '../../../src/consumer/trouble-log.ts'

test.each([
  [{ fromBeginning: true }, "unknown option 'fromBeginning'; use autoOffsetReset: 'earliest'"],
  [{ partitionAssigners: [] }, "unknown option 'partitionAssigners'; did you mean 'partitionAssignmentStrategy'?"],
  [{ groupid: 'g' }, "unknown option 'groupid'; did you mean 'groupId'?"],
  [{ groupId: '' }, "option 'groupId'"],
  [{ topics: ['a'] }, "option 'topics' needs 'groupId'"],
  [{ groupId: 'g', topics: [] }, "option 'topics'"],
  [{ groupId: 'g', topics: { pattern: 'a.*' } }, 'not supported yet'],
  [{ groupId: 'g', groupProtocol: 'consumer' }, 'not supported yet'],
  [{ groupInstanceId: 'i' }, "option 'groupInstanceId' needs 'groupId'"],
  [{ fetchMaxBytes: -1 }, "option 'fetchMaxBytes'"],
  [{ maxDecompressedBytes: 0 }, "option 'maxDecompressedBytes'"],
  [{ maxPollRecords: 0 }, "option 'maxPollRecords'"],
  [{ sessionTimeoutMs: 1000, heartbeatIntervalMs: 1000 }, "option 'heartbeatIntervalMs'"],
  [{ autoOffsetReset: 'oldest' }, "option 'autoOffsetReset'"],
  [{ autoOffsetReset: 'by_duration:1h' }, "option 'autoOffsetReset'"],
  [{ partitionAssignmentStrategy: ['sticky'] }, "option 'partitionAssignmentStrategy'"],
  [{ isolationLevel: 1 }, "option 'isolationLevel'"],
  [{ valueDeserializer: 'json' }, "option 'valueDeserializer'"],
  [{ onDeserializationError: 'ignore' }, "option 'onDeserializationError'"],
])('%j is refused', (options, message) => {
  expect(() => readConsumerOptions(options)).toThrow(
    expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }),
  )
})

test('defaults do not lose data', () => {
  expect(readConsumerOptions({})).toMatchObject({
    enableAutoCommit: true,
    autoOffsetReset: 'latest',
    isolationLevel: 'read_committed',
    checkCrcs: true,
    maxDecompressedBytes: 128 * 1024 * 1024,
    allowAutoCreateTopics: false,
    partitionAssignmentStrategy: ['range', 'cooperative-sticky'],
  })
})

test.each([
  ['PT1H', 3_600_000],
  ['P1DT12H', 129_600_000],
  ['PT0.5S', 500],
  ['P', null],
  ['PT', null],
  ['1h', null],
])('the duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

describe('subscription', () => {
  const known = {
    topics: new Map(
      [
        { name: 'ride-b', isInternal: false, errorCode: 0 },
        { name: 'ride-a', isInternal: false, errorCode: 0 },
        { name: '__consumer_offsets', isInternal: true, errorCode: 0 },
        { name: 'other', isInternal: false, errorCode: 0 },
      ].map((topic) => [topic.name, topic] as const),
    ),
  }

  test('a global or sticky expression finds every topic', () => {
    for (const flags of ['', 'g', 'y', 'gi']) {
      expect(subscribedTopics(readSubscription(new RegExp('^ride-', flags), 'topics'), known)).toEqual([
        'ride-a',
        'ride-b',
      ])
    }
  })

  test('internal topics match no expression', () => {
    expect(subscribedTopics(readSubscription(/./, 'topics'), known)).toEqual(['other', 'ride-a', 'ride-b'])
  })

  test('topics are named once, and known or not', () => {
    expect(subscribedTopics(readSubscription(['x', 'ride-a', 'x'], 'topics'), known)).toEqual(['ride-a', 'x'])
    expect(subscribedTopics(readSubscription('x', 'topics'), known)).toEqual(['x'])
  })

  test.each([[[]], [''], [['a', '']], [[1]], [null], [42]])('%j is refused', (topics) => {
    expect(() => readSubscription(topics, 'subscribe()')).toThrow(expect.objectContaining({ name: 'UsageError' }))
  })
})

test('trouble is worth a warning every ten seconds, a hiccup is not', () => {
  const warnings: string[] = []
  let now = 0
  const log = new TroubleLog({ debug() {}, info() {}, warn: (line) => warnings.push(line), error() {} }, () => now)
  for (; now <= 25_000; now += 500) log.note('Fetching fails', 'refused')
  expect(warnings).toEqual(['Fetching fails for 10 s: refused', 'Fetching fails for 20 s: refused'])
  log.clear('Fetching fails')
  log.note('Fetching fails', 'refused')
  expect(warnings).toHaveLength(2)
})
