import { describe, expect, test, vi } from 'vitest'
import type { AssignedPartition } from '../../../src/consumer/partitions.ts'
import { Runner, type RunOptions } from '../../../src/consumer/runner.ts'
import { eventually } from '../eventually.ts'
import { HeldDeserializer, ScriptedDelivery } from './scripted-delivery.ts'

function start<V>(
  script: ScriptedDelivery<V>,
  options: RunOptions<Buffer, V>,
): { runner: Runner<Buffer, V>; done: Promise<void> } {
  const runner = new Runner(script.delivery, options, { maxBatch: 100, retryBackoffMs: 1, retryBackoffMaxMs: 1 })
  script.delivery.begin('run()')
  return { runner, done: runner.run() }
}

function fill(script: ScriptedDelivery, count: number): AssignedPartition[] {
  return Array.from({ length: count }, (_, i) => {
    const partition = script.assign('t', i)
    script.feed(partition, 0, ['a', 'b', 'c'])
    return partition
  })
}

/** Handlers that end when the test says so. */
class Handlers {
  readonly started: string[] = []
  readonly #end = new Map<string, () => void>()
  readonly handle = async ({ partition, offset }: { partition: number; offset: number }): Promise<void> => {
    this.started.push(`${partition}:${offset}`)
    await new Promise<void>((resolve) => this.#end.set(`${partition}:${offset}`, resolve))
  }
  end(which: string): void {
    this.#end.get(which)?.()
  }
}

describe('run()', () => {
  test('works on several partitions at once, and on one message of each at a time', async () => {
    const script = new ScriptedDelivery()
    const [p] = fill(script, 3)
    const handlers = new Handlers()
    const { done } = start(script, { eachMessage: handlers.handle, partitionsConcurrently: 2 })
    await eventually(() => expect(handlers.started).toEqual(['0:0', '1:0']))
    handlers.end('0:0')
    await eventually(() => expect(handlers.started).toEqual(['0:0', '1:0', '0:1']))
    expect(p.processed).toBe(1)
    script.delivery.close()
    for (const which of ['0:1', '1:0']) handlers.end(which)
    await done
    expect(p.processed).toBe(2)
  })

  test('a failure waits for the other handlers, and gives its own message back', async () => {
    const script = new ScriptedDelivery()
    const [p, q] = fill(script, 2)
    const handlers = new Handlers()
    const { done } = start(script, {
      partitionsConcurrently: 2,
      eachMessage: (message) => {
        if (message.partition === 0 && message.offset === 1) throw new Error('mine')
        return message.partition === 0 ? undefined : handlers.handle(message)
      },
    })
    let settled = false
    const outcome = done
      .catch((error) => error)
      .finally(() => {
        settled = true
      })
    await eventually(() => expect(handlers.started).toEqual(['1:0']))
    await eventually(() => expect([p.position, p.processed]).toEqual([1, 1]))
    expect(settled).toBe(false)
    handlers.end('1:0')
    expect(await outcome).toMatchObject({ code: 'HANDLER_FAILED', topic: 't', partition: 0, offset: 1 })
    expect(q.processed).toBe(1)
  })

  test('a rebalance stops every partition after the message in hand, and lets them go on after it', async () => {
    const script = new ScriptedDelivery()
    const [p, q] = fill(script, 2)
    const handlers = new Handlers()
    const { done } = start(script, { eachMessage: handlers.handle, partitionsConcurrently: 2 })
    await eventually(() => expect(handlers.started).toHaveLength(2))
    const processed: number[] = []
    const rebalance = script.delivery.handover.exclusively(async () => {
      processed.push(p.processed, q.processed)
      script.partitions.remove(q)
    })
    handlers.end('0:0')
    handlers.end('1:0')
    await rebalance
    expect(processed).toEqual([1, 1])
    await eventually(() => expect(handlers.started).toEqual(['0:0', '1:0', '0:1']))
    script.delivery.close()
    handlers.end('0:1')
    await done
  })

  test('retry calls the handler again, skip goes on after the message', async () => {
    const script = new ScriptedDelivery()
    const [p] = fill(script, 1)
    const calls: number[] = []
    const { done } = start(script, {
      eachMessage: ({ offset }) => {
        calls.push(offset)
        if (offset === 0 && calls.length < 3) throw new Error('again')
        if (offset === 1) throw new Error('never')
      },
      onError: (_error, { offset }) => (offset === 0 ? 'retry' : 'skip'),
    })
    await eventually(() => expect(p.processed).toBe(3))
    expect(calls).toEqual([0, 0, 0, 1, 2])
    script.delivery.close()
    await done
  })

  test('eachBatch gets runs of one partition', async () => {
    const script = new ScriptedDelivery()
    fill(script, 2)
    const batches: string[] = []
    const { done } = start(script, {
      eachBatch: (batch) => {
        batches.push(`${batch.partition}:${batch.map(({ offset }) => offset).join('')}`)
      },
    })
    await eventually(() => expect(batches).toEqual(['0:012', '1:012']))
    script.delivery.close()
    await done
  })

  test('a handler that closes does not wait for itself', async () => {
    const script = new ScriptedDelivery()
    fill(script, 1)
    const { runner, done } = start(script, {
      eachMessage: async () => {
        script.delivery.close()
        await runner.settled(60_000)
      },
    })
    await done
  })

  test('a seek in the handler takes effect at the next message', async () => {
    const script = new ScriptedDelivery()
    const [p] = fill(script, 1)
    const offsets: number[] = []
    const { done } = start(script, {
      eachMessage: ({ offset }) => {
        offsets.push(offset)
        if (offset === 0) {
          p.seek(9)
          script.feed(p, 9, ['x'])
        }
      },
    })
    await eventually(() => expect(p.processed).toBe(10))
    expect(offsets).toEqual([0, 9])
    script.delivery.close()
    await done
  })

  test('a batch that a failed handler gives back is asked for again', async () => {
    const script = new ScriptedDelivery()
    const p = script.assign('t', 0)
    for (const offset of [0, 1, 2]) script.feed(p, offset, ['a'])
    const { done } = start(script, {
      eachBatch: () => {
        script.roomFor.length = 0
        throw new Error('mine')
      },
    })
    await expect(done).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
    expect([p.position, p.fetchOffset]).toEqual([0, 0])
    expect(script.roomFor).toEqual(['t-0'])
  })

  test('an abort ends it while handlers are at work, and while they are retried', async () => {
    const script = new ScriptedDelivery()
    const [p] = fill(script, 1)
    const retried = Promise.withResolvers<void>()
    const controller = new AbortController()
    const retrying = start(script, {
      signal: controller.signal,
      eachMessage: () => {
        throw new Error('again')
      },
      onError: () => {
        retried.resolve()
        return 'retry'
      },
    })
    await retried.promise
    controller.abort(new Error('enough'))
    await expect(retrying.done).rejects.toMatchObject({ name: 'AbortError', cause: new Error('enough') })
    expect([p.position, p.processed]).toEqual([0, 0])

    const busy = new ScriptedDelivery()
    const [q] = fill(busy, 1)
    const handlers = new Handlers()
    const second = new AbortController()
    const { done } = start(busy, { signal: second.signal, eachMessage: handlers.handle })
    await eventually(() => expect(handlers.started).toEqual(['0:0']))
    second.abort()
    handlers.end('0:0')
    await expect(done).rejects.toMatchObject({ name: 'AbortError' })
    expect([handlers.started, q.processed]).toEqual([['0:0'], 1])
  })

  test('a signal that was aborted before ends it before the first message', async () => {
    const script = new ScriptedDelivery()
    fill(script, 1)
    const eachMessage = vi.fn()
    const { done } = start(script, { signal: AbortSignal.abort(), eachMessage })
    await expect(done).rejects.toMatchObject({ name: 'AbortError' })
    expect(eachMessage).not.toHaveBeenCalled()
  })

  test('onError that closes does not wait for itself', async () => {
    const script = new ScriptedDelivery()
    fill(script, 1)
    const { runner, done } = start(script, {
      eachMessage: () => {
        throw new Error('mine')
      },
      onError: async () => {
        script.delivery.close()
        await runner.settled(60_000)
        return 'stop' as const
      },
    })
    await expect(done).rejects.toMatchObject({ code: 'HANDLER_FAILED' })
  })

  test('a batch that close() has overtaken is not handled', async () => {
    const deserializer = new HeldDeserializer()
    const script = new ScriptedDelivery<string>({ valueDeserializer: deserializer.deserialize })
    const p = script.assign('t', 0)
    script.feed(p, 0, ['a'])
    const eachBatch = vi.fn()
    const { done } = start(script, { eachBatch })
    await deserializer.started('a')
    script.delivery.close()
    await deserializer.finish('a')
    await done
    expect(eachBatch).not.toHaveBeenCalled()
    expect([p.position, p.processed]).toEqual([0, 0])
  })
})
