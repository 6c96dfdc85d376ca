import type { Kafka, Producer } from 'kafka-wire'
import { startJavaTool, tools } from '../support/java-tools.ts'
import { uniqueName } from '../support/kafka.ts'
import type { Program } from '../support/program.ts'
import { startPython } from '../support/python-client.ts'

export type Client = 'ours' | 'Java' | 'Python'
export type Strategy = 'range' | 'cooperative-sticky'

interface Reading {
  readonly client: Client
  readonly partition: number
  readonly value: string
}

/** Members learn of a rebalance by a heartbeat. */
const HEARTBEAT_MS = 200

const javaAssignors: Readonly<Record<Strategy, string>> = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  'cooperative-sticky': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
}

/** A topic, and a group of clients that read it together. */
export class MixedGroup {
  readonly topic = uniqueName('group')
  readonly groupId = uniqueName('g')
  readonly #kafka: Kafka
  readonly #producer: Producer
  readonly #partitions: number
  readonly #strategy: Strategy
  readonly #members = new Map<Client, () => Promise<void>>()
  readonly #readings: Reading[] = []
  readonly #values = new Set<string>()
  #written = 0
  #assignment: () => readonly unknown[] = () => []
  #failure: unknown = null
  #news = Promise.withResolvers<void>()

  /** @param signal ends all waiting */
  constructor(kafka: Kafka, partitions: number, strategy: Strategy, signal: AbortSignal) {
    this.#kafka = kafka
    this.#producer = kafka.producer()
    this.#partitions = partitions
    this.#strategy = strategy
    signal.addEventListener('abort', () => this.#fail(signal.reason))
  }

  async createTopic(): Promise<void> {
    const { topic: name } = this
    await this.#kafka.admin().createTopics([{ name, numPartitions: this.#partitions, replicationFactor: 1 }])
  }

  join(client: Client): void {
    this.#members.set(client, client === 'ours' ? this.#joinOurs() : this.#joinProgram(client))
  }

  async leave(client: Client): Promise<void> {
    const leave = this.#members.get(client)
    this.#members.delete(client)
    await leave?.()
  }

  async leaveAll(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((client) => this.leave(client)))
  }

  /** Resolves when ours is assigned so many partitions. Nothing is written meanwhile. */
  async assigned(partitions: number): Promise<void> {
    while (this.#assignment().length !== partitions) await this.#nextNews()
  }

  /** Goes on writing until the clients read so many partitions each. */
  async settle(wanted: Partial<Record<Client, number>>): Promise<void> {
    for (;;) {
      const readers = await this.#readers()
      const count = (client: string): number => readers.filter((each) => each === client).length
      if (Object.entries(wanted).every(([client, partitions]) => count(client) === partitions)) return
    }
  }

  /** The records that were read more than once, with the members that did. */
  get readTwice(): Array<{ value: string; partition: number; clients: Client[] }> {
    const readings = Map.groupBy(this.#readings, ({ value }) => value)
    return Array.from(readings, ([value, all]) => ({
      value,
      partition: all[0].partition,
      clients: all.map(({ client }) => client),
    })).filter(({ clients }) => clients.length > 1)
  }

  /** Who reads each partition, found out by a record in each. */
  async #readers(): Promise<Array<Client | undefined>> {
    const before = this.#readings.length
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition)
    const messages = partitions.map((partition) => ({ topic: this.topic, partition, value: `${this.#written++}` }))
    const values = new Set(messages.map(({ value }) => value))
    await this.#producer.sendBatch(messages)
    while (this.#values.size < this.#written) await this.#nextNews()
    const readings = this.#readings.slice(before).filter(({ value }) => values.has(value))
    return partitions.map((partition) => readings.find((reading) => reading.partition === partition)?.client)
  }

  #joinOurs(): () => Promise<void> {
    const consumer = this.#kafka.consumer<Buffer, Buffer>({
      groupId: this.groupId,
      topics: [this.topic],
      partitionAssignmentStrategy: [this.#strategy],
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: HEARTBEAT_MS,
      onPartitionsAssigned: () => this.#wake(),
    })
    this.#assignment = () => consumer.assignment()
    const run = consumer.run({
      eachMessage: ({ partition, value }) => this.#read('ours', partition, String(value)),
    })
    run.catch((error) => this.#fail(error))
    return async () => {
      await consumer.close()
      await run
    }
  }

  #joinProgram(client: 'Java' | 'Python'): () => Promise<void> {
    const onLine = (line: string): void => {
      const [partition, value] = line.split('\t')
      this.#read(client, Number(partition.replace('Partition:', '')), value)
    }
    const program = client === 'Java' ? this.#startJava(onLine) : this.#startPython(onLine)
    program.ended.catch((error) => this.#fail(error))
    return () => program.end()
  }

  #startJava(onLine: (line: string) => void): Program {
    const properties = [
      `partition.assignment.strategy=${javaAssignors[this.#strategy]}`,
      `heartbeat.interval.ms=${HEARTBEAT_MS}`,
      'group.protocol=classic',
    ]
    const where = ['--topic', this.topic, '--group', this.groupId, '--from-beginning']
    const how = properties.flatMap((property) => ['--command-property', property])
    return startJavaTool(tools.consumer, [...where, ...how, '--formatter-property', 'print.partition=true'], onLine)
  }

  #startPython(onLine: (line: string) => void): Program {
    return startPython('join', this.topic, [this.groupId, this.#strategy, `${HEARTBEAT_MS}`], onLine)
  }

  #read(client: Client, partition: number, value: string): void {
    this.#readings.push({ client, partition, value })
    this.#values.add(value)
    this.#wake()
  }

  async #nextNews(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    await this.#news.promise
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#wake()
  }

  #wake(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}
