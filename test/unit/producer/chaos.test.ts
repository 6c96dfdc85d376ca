import { describe, expect, it } from 'vitest'
import { ConnectionError } from '../../../src/errors.ts'
import { Producer } from '../../../src/producer/producer.ts'
import { seededRandom } from '../seeded-random.ts'
import { FakeCluster, type Fate, turn } from './fake-cluster.ts'

const PARTITIONS = 4
const BROKERS = 3
const RECORDS = 600
/** Errors by which a broker refuses a batch for the time being; it has not written it. */
const PASSING_ERRORS = [3, 5, 6, 13, 19, 56, 74, 75]
/** Errors after which it may have written it. */
const UNCLEAR_ERRORS = [3, 6, 7, 20, 56]
/** How many seeds each test runs with; more than these few take minutes. */
const SEEDS = Number(process.env.CHAOS_SEEDS ?? 10)
const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1)

/** Faults at random: refused and unclear batches, lost connections, moving leaders, brokers that cannot be reached. */
function chaos(cluster: FakeCluster, random: () => number): void {
  const pick = (list: number[]): number => list[Math.floor(random() * list.length)]
  cluster.script = {
    request: () => {
      const dice = random()
      if (dice < 0.03) return 'lose-unseen'
      return dice < 0.06 ? 'lose-after-append' : 'answer'
    },
    partition: (topic, partition): Fate | undefined => {
      const dice = random()
      if (dice < 0.05) return { errorCode: pick(PASSING_ERRORS) }
      if (dice < 0.1) return { errorCode: pick(UNCLEAR_ERRORS), append: random() < 0.5 }
      if (dice < 0.13) {
        const leader = 1 + Math.floor(random() * BROKERS)
        cluster.move(topic, partition, leader)
        const currentLeader = { leaderId: random() < 0.5 ? leader : -1, leaderEpoch: 1 }
        return { errorCode: 6, currentLeader, append: random() < 0.5 }
      }
      return undefined
    },
  }
}

describe.each(seeds)('faults at random, seed %i', (seed) => {
  it('loses nothing, doubles nothing, keeps the order, and every promise settles', async () => {
    const random = seededRandom(seed)
    const cluster = new FakeCluster({ t: PARTITIONS }, BROKERS)
    chaos(cluster, random)
    const producer = new Producer(cluster.asCluster, { batchSize: 400, bufferMemory: 20_000 })
    const acknowledged: Array<Promise<{ partition: number; offset: number; value: string }>> = []
    for (let i = 0; i < RECORDS; i++) {
      const value = `${i}`.padEnd(40)
      const outcome = producer.send({ topic: 't', partition: Math.floor(random() * PARTITIONS), value })
      acknowledged.push(outcome.then(({ partition, offset }) => ({ partition, offset, value })))
      if (random() < 0.3) await turn()
      if (random() < 0.01) {
        const broker = 1 + Math.floor(random() * BROKERS)
        cluster.down.set(broker, new ConnectionError('refused'))
        cluster.connections.get(broker)?.lose()
        setTimeout(() => cluster.down.delete(broker), 5)
      }
    }
    const results = await Promise.all(acknowledged)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const sent = results.filter((result) => result.partition === partition)
      const { values } = cluster.log('t', partition)
      expect(values).toEqual(sent.map(({ value }) => value))
      for (const { offset, value } of sent) if (offset !== -1) expect(values[offset]).toBe(value)
    }
    await producer.close()
    expect(producer.metrics()).toMatchObject({ 'requests-in-flight': 0, 'record-error-total': 0 })
    expect(producer.metrics()['buffer-available-bytes']).toBe(20_000)
  })
})

describe.each(seeds)('records that fail under faults, seed %i', (seed) => {
  it('leaves no promise open; what was acknowledged is in the log once, what surely failed is not', async () => {
    const random = seededRandom(seed)
    const cluster = new FakeCluster({ t: PARTITIONS }, BROKERS)
    chaos(cluster, random)
    const { partition: passing } = cluster.script
    cluster.script.partition = (topic, partition, request) => {
      if (random() >= 0.04) return passing?.(topic, partition, request)
      return random() < 0.5 ? { errorCode: 32 } : { errorCode: -1, append: random() < 0.5 }
    }
    const producer = new Producer(cluster.asCluster, { batchSize: 400, deliveryTimeoutMs: 25 })
    const outcomes: Array<Promise<{ value: string; persisted: string; partition: number }>> = []
    for (let i = 0; i < RECORDS; i++) {
      const value = `${i}`
      const partition = i % PARTITIONS
      outcomes.push(
        producer.send({ topic: 't', partition, value }).then(
          () => ({ value, partition, persisted: 'yes' }),
          (error) => ({ value, partition, persisted: error.persisted }),
        ),
      )
      if (random() < 0.3) await turn()
      if (random() < 0.01) {
        cluster.held = true
        setTimeout(() => cluster.release(), random() * 40)
      }
    }
    const results = await Promise.all(outcomes)
    await producer.close()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const { values } = cluster.log('t', partition)
      expect(new Set(values).size).toBe(values.length)
      for (const { value, persisted } of results.filter((result) => result.partition === partition)) {
        if (persisted === 'yes') expect(values).toContain(value)
        else if (persisted === 'no') expect(values).not.toContain(value)
        else expect(persisted).toBe('maybe')
      }
      const acknowledged = new Set(results.filter(({ persisted }) => persisted === 'yes').map(({ value }) => value))
      const numbers = values.filter((value) => acknowledged.has(value!)).map(Number)
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    expect(producer.metrics()['buffer-available-bytes']).toBe(33_554_432)
  })
})
