import { expect, onTestFinished, test } from 'vitest'
import { Consumer } from '../../../src/consumer/consumer.ts'
import { eventually } from '../eventually.ts'
import { ScriptedCoordinator } from './group/scripted-coordinator.ts'

const GROUP_AUTHORIZATION_FAILED = 30
const place = { topic: 't', partition: 0 }

/** A consumer with a partition assigned by hand, and the coordinator of its group. */
function assigned(): { consumer: Consumer; coordinator: ScriptedCoordinator } {
  const coordinator = new ScriptedCoordinator()
  coordinator.addTopic('t', 'AAAAAAAAAAAAAAAAAAAAAQ', 1)
  const consumer = new Consumer(coordinator.cluster, { groupId: 'g', enableAutoCommit: false })
  onTestFinished(() => consumer.close())
  consumer.assign([{ ...place, offset: 3 }])
  return { consumer, coordinator }
}

test('seekToCommitted() that fails leaves a partition that gets its position later', async () => {
  const { consumer, coordinator } = assigned()
  let errorCode = GROUP_AUTHORIZATION_FAILED
  coordinator.answers.OffsetFetch = () => {
    const partitions = [{ partitionIndex: 0, errorCode: 0, committedOffset: 5, committedLeaderEpoch: -1 }]
    const groups = [{ errorCode, topics: [{ name: 't', partitions }] }]
    errorCode = 0
    return { groups }
  }
  await expect(consumer.seekToCommitted()).rejects.toMatchObject({ name: 'AuthorizationError', resourceName: 'g' })
  await eventually(() => expect(consumer.position(place)).toBe(5))
})

test('seek() takes one place, and not the first of several', () => {
  const { consumer } = assigned()
  expect(() => consumer.seek([place] as never)).toThrow(expect.objectContaining({ name: 'UsageError' }))
  expect(() => consumer.seek([] as never)).toThrow(expect.objectContaining({ name: 'UsageError' }))
  expect(consumer.position(place)).toBe(3)
})

test('options of a call that are misspelt or wrong are refused, and close() closes nothing then', async () => {
  const { consumer } = assigned()
  await expect(consumer.close({ leave: true } as never)).rejects.toThrow(/close\(\): unknown option 'leave'/)
  await expect(consumer.close({ leaveGroup: 1 } as never)).rejects.toThrow(/'leaveGroup' must be a boolean, got 1/)
  await expect(consumer.run({ eachMesage: () => {} } as never)).rejects.toThrow(/did you mean 'eachMessage'/)
  await expect(consumer.poll({ timeout: 5 } as never)).rejects.toThrow(/did you mean 'timeoutMs'/)
  expect(consumer.assignment()).toEqual([place])
})

test('run() takes a signal beside its handlers, too', async () => {
  const { consumer } = assigned()
  const abort = new AbortController()
  const running = consumer.run({ eachMessage: () => {} }, { signal: abort.signal })
  abort.abort()
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
})
