import { describe, expect, test } from 'vitest'
import type { Assignor, GroupAssignment, GroupMember } from '../../../src/consumer/group/assignors/assignor.ts'
import { cooperativeSticky } from '../../../src/consumer/group/assignors/cooperative-sticky.ts'
import { range } from '../../../src/consumer/group/assignors/range.ts'
import { roundRobin } from '../../../src/consumer/group/assignors/round-robin.ts'
import { partitionKey } from '../../../src/consumer/topic-partition.ts'
import { seededRandom } from '../seeded-random.ts'

function member(memberId: string, topics: string[], more: Partial<GroupMember> = {}): GroupMember {
  return { memberId, groupInstanceId: null, topics, ownedPartitions: [], generation: -1, ...more }
}

/** `{ m1: 't1-0 t1-1' }` */
function text(assignment: GroupAssignment): Record<string, string> {
  return Object.fromEntries(
    Array.from(assignment, ([memberId, partitions]) => [
      memberId,
      partitions.map(({ topic, partition }) => partitionKey(topic, partition)).join(' '),
    ]),
  )
}

const counts = (partitions: Record<string, number>): Map<string, number> => new Map(Object.entries(partitions))

describe('range: the examples in the documentation of Java', () => {
  test('cuts each topic by itself, the first members getting one more', () => {
    const members = [member('c1', ['t0', 't1']), member('c0', ['t0', 't1'])]
    expect(text(range.assign(members, counts({ t0: 3, t1: 3 })))).toEqual({
      c0: 't0-0 t0-1 t1-0 t1-1',
      c1: 't0-2 t1-2',
    })
  })

  test('static members go by instance id, before the others', () => {
    const members = [
      member('a', ['t']),
      member('z', ['t'], { groupInstanceId: 'i1' }),
      member('b', ['t'], { groupInstanceId: 'i2' }),
    ]
    expect(text(range.assign(members, counts({ t: 3 })))).toEqual({ z: 't-0', b: 't-1', a: 't-2' })
  })

  test('more members than partitions: the last ones get nothing', () => {
    const members = [member('a', ['t']), member('b', ['t']), member('c', ['t'])]
    expect(text(range.assign(members, counts({ t: 2 })))).toEqual({ a: 't-0', b: 't-1', c: '' })
  })

  test('a topic is shared only by those who subscribe to it', () => {
    const members = [member('a', ['t1']), member('b', ['t1', 't2']), member('c', ['t2'])]
    expect(text(range.assign(members, counts({ t1: 3, t2: 2 })))).toEqual({
      a: 't1-0 t1-1',
      b: 't1-2 t2-0',
      c: 't2-1',
    })
  })
})

describe('roundrobin: the examples in the documentation of Java', () => {
  test('deals all partitions of all topics in turn', () => {
    const members = [member('c0', ['t0', 't1']), member('c1', ['t0', 't1'])]
    expect(text(roundRobin.assign(members, counts({ t0: 3, t1: 3 })))).toEqual({
      c0: 't0-0 t0-2 t1-1',
      c1: 't0-1 t1-0 t1-2',
    })
  })

  test('passes over members that do not subscribe to the topic', () => {
    const members = [member('c0', ['t0']), member('c1', ['t0', 't1']), member('c2', ['t0', 't1', 't2'])]
    expect(text(roundRobin.assign(members, counts({ t0: 1, t1: 2, t2: 3 })))).toEqual({
      c0: 't0-0',
      c1: 't1-0',
      c2: 't1-1 t2-0 t2-1 t2-2',
    })
  })
})

describe('cooperative-sticky', () => {
  test('a new member gets a partition only when its owner has given it up', () => {
    const owned = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition }))
    const before = [member('a', ['t'], { ownedPartitions: owned, generation: 1 }), member('b', ['t'])]
    const first = cooperativeSticky.assign(before, counts({ t: 4 }))
    expect(first.get('a')).toHaveLength(2)
    expect(first.get('b')).toEqual([])
    const after = [
      member('a', ['t'], { ownedPartitions: first.get('a'), generation: 2 }),
      member('b', ['t'], { generation: 2 }),
    ]
    const second = cooperativeSticky.assign(after, counts({ t: 4 }))
    expect(second.get('a')).toEqual(first.get('a'))
    expect(second.get('b')).toHaveLength(2)
  })

  test('of two claims the newer generation counts; of two equal ones none', () => {
    const claim = [{ topic: 't', partition: 0 }]
    const zombie = member('a', ['t'], { ownedPartitions: claim, generation: 3 })
    const owner = member('b', ['t'], { ownedPartitions: claim, generation: 5 })
    expect(text(cooperativeSticky.assign([zombie, owner], counts({ t: 1 })))).toEqual({ a: '', b: 't-0' })
    const equal = cooperativeSticky.assign([zombie, { ...owner, generation: 3 }], counts({ t: 1 }))
    expect(text(equal)).toEqual({ a: '', b: '' })
  })

  test('what a member no longer subscribes to is taken from it', () => {
    const members = [
      member('a', ['t2'], { ownedPartitions: [{ topic: 't1', partition: 0 }], generation: 1 }),
      member('b', ['t1', 't2']),
    ]
    const assignment = cooperativeSticky.assign(members, counts({ t1: 1, t2: 2 }))
    expect(assignment.get('a')?.every(({ topic }) => topic === 't2')).toBe(true)
    // Still owned by `a` for now, so nobody gets it in this round.
    expect(text(assignment).b).not.toContain('t1-0')
  })
})

/** A group with random subscriptions, and topics with random sizes. */
function randomGroup(
  random: () => number,
  uniform: boolean,
): { members: GroupMember[]; partitions: Map<string, number> } {
  const below = (limit: number): number => Math.floor(random() * limit)
  const topics = Array.from({ length: 1 + below(5) }, (_, i) => `t${i}`)
  const partitions = new Map(topics.map((topic) => [topic, 1 + below(9)]))
  const members = Array.from({ length: 1 + below(6) }, (_, i) => {
    return member(`m${i}`, uniform ? topics : topics.filter(() => random() < 0.6))
  })
  return { members, partitions }
}

/** Rebalances until nothing changes, as cooperative members do. */
function settle(members: readonly GroupMember[], partitions: Map<string, number>): GroupMember[] {
  let current = [...members]
  for (let round = 0; round < 4; round++) {
    const assignment = cooperativeSticky.assign(current, partitions)
    current = current.map((each) => ({
      ...each,
      ownedPartitions: assignment.get(each.memberId) ?? [],
      generation: each.generation + 1,
    }))
  }
  return current
}

describe.each([range, roundRobin, cooperativeSticky])('$name, any group', (assignor: Assignor) => {
  test('each partition goes to exactly one member that subscribes to its topic', () => {
    const random = seededRandom(7)
    for (let i = 0; i < 300; i++) {
      const { members, partitions } = randomGroup(random, i % 2 === 0)
      const assignment = assignor.assign(members, partitions)
      expect([...assignment.keys()].sort()).toEqual(members.map(({ memberId }) => memberId).sort())
      const given = new Set<string>()
      for (const { memberId, topics } of members) {
        for (const { topic, partition } of assignment.get(memberId) ?? []) {
          expect(topics).toContain(topic)
          expect(given).not.toContain(partitionKey(topic, partition))
          given.add(partitionKey(topic, partition))
        }
      }
      let expected = 0
      for (const [topic, count] of partitions)
        if (members.some(({ topics }) => topics.includes(topic))) expected += count
      expect(given.size).toBe(expected)
    }
  })
})

describe('cooperative-sticky, any group', () => {
  test('with one subscription for all, nobody has more than one partition more than another', () => {
    const random = seededRandom(11)
    for (let i = 0; i < 300; i++) {
      const { members, partitions } = randomGroup(random, true)
      const sizes = settle(members, partitions).map(({ ownedPartitions }) => ownedPartitions.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })

  test('with mixed subscriptions, no single move would make it more even', () => {
    const random = seededRandom(13)
    for (let i = 0; i < 300; i++) {
      const { members, partitions } = randomGroup(random, false)
      const settled = settle(members, partitions)
      for (const giver of settled) {
        for (const { topic } of giver.ownedPartitions) {
          for (const taker of settled) {
            if (!taker.topics.includes(topic)) continue
            expect(giver.ownedPartitions.length - taker.ownedPartitions.length).toBeLessThanOrEqual(1)
          }
        }
      }
    }
  })

  test('a settled group changes nothing; a member that leaves moves only its own partitions', () => {
    const random = seededRandom(17)
    for (let i = 0; i < 200; i++) {
      const { members, partitions } = randomGroup(random, true)
      const settled = settle(members, partitions)
      expect(settle(settled, partitions).map(({ ownedPartitions }) => ownedPartitions)).toEqual(
        settled.map(({ ownedPartitions }) => ownedPartitions),
      )
      const rest = settled.slice(1)
      if (rest.length === 0) continue
      const after = cooperativeSticky.assign(rest, partitions)
      for (const { memberId, ownedPartitions } of rest)
        expect(after.get(memberId)).toEqual(expect.arrayContaining([...ownedPartitions]))
    }
  })
})
