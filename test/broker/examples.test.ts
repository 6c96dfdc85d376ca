import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka } from 'kafka-wire'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapServers, hasBroker } from '../support/kafka.ts'
import { runExample } from '../support/run-example.ts'

/** What an example left in a topic. */
interface Written {
  partition: number
  key: string | null
  value: string
}

describe.skipIf(!hasBroker)('examples', () => {
  let kafka: Kafka
  let admin: ReturnType<Kafka['admin']>

  beforeAll(() => {
    kafka = new Kafka({ bootstrapServers: bootstrapServers() })
    admin = kafka.admin()
  })
  afterAll(() => kafka.close())

  /** Runs an example that must end well, and returns what it printed. */
  async function run(name: string, args: Array<string | number> = [], until?: string): Promise<string> {
    const { stdout, stderr, code } = await runExample(name, args, bootstrapServers(), until)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    return stdout
  }

  async function partitionsOf(topic: string): Promise<Array<{ topic: string; partition: number }>> {
    if (!(await admin.listTopics()).includes(topic)) return []
    const { [topic]: description } = await admin.describeTopics([topic])
    return description.partitions.map(({ partition }) => ({ topic, partition }))
  }

  async function endsOf(topic: string): Promise<number[]> {
    const consumer = kafka.consumer()
    try {
      const ends = await consumer.endOffsets(await partitionsOf(topic))
      return ends.map(({ offset }) => offset)
    } finally {
      await consumer.close()
    }
  }

  /** The records that `action` adds to a topic. */
  async function writtenTo(topic: string, action: () => Promise<unknown>): Promise<Written[]> {
    const before = await endsOf(topic)
    await action()
    const ends = await endsOf(topic)
    const total = ends.reduce((sum, end, i) => sum + end - (before[i] ?? 0), 0)
    const consumer = kafka.consumer()
    try {
      consumer.assign(ends.map((_, partition) => ({ topic, partition, offset: before[partition] ?? 0 })))
      const written: Written[] = []
      while (written.length < total) {
        for (const { partition, key, value } of await consumer.poll({ timeoutMs: 1000 })) {
          written.push({ partition, key: key === null ? null : String(key), value: String(value) })
        }
      }
      return written
    } finally {
      await consumer.close()
    }
  }

  async function committed(groupId: string, topic: string): Promise<number[]> {
    const consumer = kafka.consumer({ groupId })
    try {
      const offsets = await consumer.committed(await partitionsOf(topic))
      return offsets.map(({ offset }) => offset)
    } finally {
      await consumer.close()
    }
  }

  const json = (written: Written[]): Array<Record<string, unknown>> => written.map(({ value }) => JSON.parse(value))

  test('create-topic', async () => {
    if ((await admin.listTopics()).includes('rides')) await admin.deleteTopics(['rides'])
    expect(await run('create-topic')).toContain('Created rides')
    expect(await partitionsOf('rides')).toHaveLength(3)
    expect(await run('create-topic')).toContain('rides is there already')
  })

  test('list-brokers', async () => {
    const { clusterId, brokers } = await admin.describeCluster()
    const output = await run('list-brokers')
    expect(output).toContain(clusterId)
    for (const { id, host, port } of brokers) expect(output).toContain(`Broker ${id}: ${host}:${port}`)
  })

  test('hello-producer, and consumer-loop with a limit and with Ctrl-C', async () => {
    const written = await writtenTo('my-topic', () => run('hello-producer'))
    expect(written.map(({ value }) => value).sort()).toEqual(
      ['Hello, Kafka!', ...Array.from({ length: 9 }, (_, i) => `Message ${i + 1}`)].sort(),
    )
    expect(written.find(({ value }) => value === 'Hello, Kafka!')?.key).toBe('hello')

    const limited = await run('consumer-loop', [4])
    expect(limited).toContain('4 messages')
    const position = (offsets: number[]): number => offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0)
    const afterFour = position(await committed('my-group', 'my-topic'))

    await run('hello-producer')
    await run('consumer-loop', [], 'Message 9')
    expect(position(await committed('my-group', 'my-topic'))).toBeGreaterThan(afterFour)
  })

  test('consumer-group', async () => {
    const before = await endsOf('group-demo')
    const output = await run('consumer-group')
    expect(output).toContain('30 messages received, 0 of them by more than one member')
    expect(output).toMatch(/^Ann received /m)
    expect(output).toMatch(/^Bob received /m)
    const ends = await endsOf('group-demo')
    expect(ends.reduce((sum, end, i) => sum + end - (before[i] ?? 0), 0)).toBe(30)
    expect((await committed('group-demo', 'group-demo')).map((offset) => Math.max(0, offset))).toEqual(ends)
  })

  test('ride-request-event', async () => {
    const written = await writtenTo('ride-requests', () => run('ride-request-event'))
    expect(written).toHaveLength(1)
    const [event] = json(written)
    expect(event).toMatchObject({ event_type: 'ride_request', passenger: 'Maria' })
    expect(written[0].key).toBe(event.ride_id)
  })

  test('process-ride-events', async () => {
    let output = ''
    const written = await writtenTo('ride-events', async () => {
      output = await run('process-ride-events')
    })
    const types = json(written).map(({ event_type }) => event_type)
    expect(types.filter((type) => type === 'ride_request')).toHaveLength(3)
    expect(types.filter((type) => type === 'ride_completed')).toHaveLength(3)
    for (const passenger of ['Maria', 'Ahmed', 'Chen']) {
      expect(output).toContain(`The ride of ${passenger} is completed`)
      expect(output.indexOf(`${passenger} asks for a ride`)).toBeLessThan(output.indexOf(`The ride of ${passenger}`))
    }
  })

  test('analytics-feed', async () => {
    let output = ''
    const written = await writtenTo('ride-events', async () => {
      output = await run('analytics-feed', [500])
    })
    expect(written).toHaveLength(500)
    const counted = [...output.matchAll(/^(\w+) +(\d+)$/gm)].map(([, type, count]) => [type, Number(count)])
    expect(counted.length).toBe(5)
    for (const [, count] of counted) expect(count).toBeGreaterThanOrEqual(100)
  })

  test('microservices', async () => {
    let requests: Written[] = []
    const bills = await writtenTo('billing-events', async () => {
      requests = await writtenTo('ride-requests', () => run('microservices'))
    })
    expect(requests).toHaveLength(5)
    const billed = json(bills).map(({ ride_id }) => ride_id)
    for (const { ride_id } of json(requests)) expect(billed.filter((id) => id === ride_id)).toHaveLength(1)
    for (const bill of json(bills)) expect(bill).toMatchObject({ driver: expect.any(String), amount: 9.9 })
  })

  test('event-driven-assignment', async () => {
    let requests: Written[] = []
    const assignments = await writtenTo('ride-assignments', async () => {
      requests = await writtenTo('ride-requests', () => run('event-driven-assignment'))
    })
    expect(requests).toHaveLength(3)
    const assigned = json(assignments).map(({ ride_id }) => ride_id)
    for (const { ride_id } of json(requests)) expect(assigned.filter((id) => id === ride_id)).toHaveLength(1)
  })

  test('monitoring-logs', async () => {
    let output = ''
    const written = await writtenTo('app-logs', async () => {
      output = await run('monitoring-logs', [6, 50])
    })
    const levels = json(written).map(({ level }) => level)
    expect(levels).toHaveLength(6)
    expect(levels.filter((level) => level === 'error')).toHaveLength(2)
    expect(output).toContain('6 lines, 2 errors')
  })

  test('monitoring-logs runs until Ctrl-C', async () => {
    await run('monitoring-logs', ['Infinity', 50], '2 lines')
  })

  test('scale-partitions', async () => {
    const output = await run('scale-partitions')
    const topic = /^(\S+) has 6 partitions$/m.exec(output)?.[1] as string
    const ends = await endsOf(topic)
    expect(ends).toHaveLength(6)
    for (const end of ends) expect(end).toBeGreaterThan(0)
    const sent = ends.reduce((sum, end) => sum + end, 0)
    expect(output).toContain(`${sent} messages sent, ${sent} received`)
    await admin.deleteTopics([topic])
  })

  test('pipeline, the main job, ends by itself', async () => {
    let output = ''
    let assignments: Written[] = []
    const bills = await writtenTo('pipeline-billing-events', async () => {
      assignments = await writtenTo('pipeline-ride-assignments', async () => {
        output = await run('pipeline', [500, 1000])
      })
    })
    expect(output).toContain('500 rides requested, each matched and billed exactly once')
    const rides = (written: Written[]): unknown[] =>
      json(written)
        .map(({ ride_id }) => ride_id)
        .sort()
    expect(rides(bills)).toHaveLength(500)
    expect(rides(bills)).toEqual(rides(assignments))
    expect(new Set(rides(bills)).size).toBe(500)
  })

  test('pipeline stops cleanly at Ctrl-C', async () => {
    const output = await run('pipeline', [1_000_000, 200], 'requested')
    expect(output).toContain('Stopping')
    expect(output).toMatch(/rides requested, each matched and billed exactly once/)
  })

  test('run starts an example by name, and lists them without one', async () => {
    const output = await run('run')
    const examples = readdirSync(join(import.meta.dirname, '../../examples')).filter((file) => file.endsWith('.ts'))
    for (const file of examples) if (file !== 'run.ts') expect(output).toContain(file.replace('.ts', ''))
    expect(await run('run', ['list-brokers'])).toContain('Broker ')
  })
})
