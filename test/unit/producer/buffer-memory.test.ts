import { describe, expect, it } from 'vitest'
import { ClosedError, TimeoutError } from '../../../src/errors.ts'
import { BufferMemory } from '../../../src/producer/buffer-memory.ts'
import { BufferPool } from '../../../src/producer/buffer-pool.ts'
import { monotonicNow } from '../../../src/retry.ts'
import { turn } from './fake-cluster.ts'

const NOW = monotonicNow()

describe('buffer memory', () => {
  it('lets those who wait in one after the other, first come first served', async () => {
    const memory = new BufferMemory(100, 60_000)
    memory.charge(100)
    const order: number[] = []
    for (const i of [1, 2, 3]) {
      memory.room('t', NOW).then(() => {
        order.push(i)
        memory.charge(60)
        memory.admitted()
      })
    }
    expect(memory.hasRoom).toBe(false)
    memory.release(60)
    await turn()
    expect(order).toEqual([1, 2].slice(0, order.length))
    expect(order).not.toContain(3)
    memory.release(100)
    await turn()
    expect(order).toEqual([1, 2, 3])
  })

  it('nobody overtakes those who wait', async () => {
    const memory = new BufferMemory(100, 60_000)
    memory.charge(100)
    const room = memory.room('t', NOW)
    room.catch(() => {})
    expect(memory.isShort).toBe(true)
    expect(memory.hasRoom).toBe(false)
    memory.close()
    await expect(room).rejects.toThrow(ClosedError)
  })

  it('gives up at the deadline, naming the option', async () => {
    const memory = new BufferMemory(100, 5)
    memory.charge(100)
    const late = memory.room('t', monotonicNow())
    await expect(late).rejects.toThrow(TimeoutError)
    await expect(late).rejects.toThrow(/bufferMemory \(100 bytes\)/)
    expect(memory.isShort).toBe(false)
    await expect(memory.room('t', NOW - 6)).rejects.toThrow(TimeoutError)
  })
})

describe('a blocked event loop', () => {
  it('fails nobody who can be let in by what arrived meanwhile', async () => {
    const memory = new BufferMemory(100, 20)
    memory.charge(100)
    const room = memory.room('t', monotonicNow())
    setImmediate(() => memory.release(100))
    for (const start = performance.now(); performance.now() - start < 40; );
    await room
  })
})

describe('buffer pool', () => {
  it('gives out what it got back, by size', () => {
    const pool = new BufferPool(1_000_000)
    const buffer = pool.take(5000)
    expect(buffer).toHaveLength(8192)
    pool.give(buffer)
    expect(pool.take(10)).toHaveLength(1024)
    expect(pool.take(8000)).toBe(buffer)
    expect(pool.take(8000)).not.toBe(buffer)
  })

  it('keeps no more than its limit, and nothing of odd size', () => {
    const pool = new BufferPool(1024)
    const first = pool.take(1024)
    const second = pool.take(1024)
    pool.give(first)
    pool.give(second)
    pool.give(Buffer.alloc(1000))
    expect(pool.take(1024)).toBe(first)
    expect(pool.take(1024)).not.toBe(second)
  })
})
