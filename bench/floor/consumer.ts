import { fetch } from '../../protocol/messages/fetch.ts'
import { checkCrc, type RecordBatch, readBatches, recordData, visitRecords } from '../../protocol/records/index.ts'
import { FloorConnection } from './connection.ts'

/** The newest that every broker from Kafka 2.1 on knows. */
const VERSION = 10
// What kafka-wire asks for by default.
const MAX_WAIT_MS = 500
const MAX_BYTES = 52_428_800
const PARTITION_MAX_BYTES = 1_048_576

/** As little of a message as can be handed to anybody: where its parts lie. */
export class LightMessage {
  readonly offset: number
  readonly #data: Buffer
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number

  constructor(
    data: Buffer,
    offset: number,
    keyStart: number,
    keyLength: number,
    valueStart: number,
    valueLength: number,
  ) {
    this.offset = offset
    this.#data = data
    this.#keyStart = keyStart
    this.#keyLength = keyLength
    this.#valueStart = valueStart
    this.#valueLength = valueLength
  }

  get key(): Buffer {
    return this.#data.subarray(this.#keyStart, this.#keyStart + this.#keyLength)
  }

  get value(): Buffer {
    return this.#data.subarray(this.#valueStart, this.#valueStart + this.#valueLength)
  }
}

/** All partitions of a topic from the start, one fetch under way while the messages of the last one are walked. */
export async function* consumeFloor(
  address: string,
  topic: string,
  partitions: number,
): AsyncGenerator<LightMessage[], void, undefined> {
  const connection = await FloorConnection.open(address)
  try {
    const offsets = new Array<number>(partitions).fill(0)
    let answer = fetchFrom(connection, topic, offsets)
    for (;;) {
      const fetched = await answer
      const positions = [...offsets]
      for (const [partition, batches] of fetched) {
        const last = batches.at(-1)
        if (last !== undefined) offsets[partition] = last.nextOffset
      }
      answer = fetchFrom(connection, topic, offsets)
      // Its failure is thrown where it is awaited, if it ever is.
      answer.catch(() => {})
      for (const [partition, batches] of fetched) {
        for (const batch of batches) yield messagesOf(batch, positions[partition])
      }
    }
  } finally {
    connection.close()
  }
}

async function fetchFrom(
  connection: FloorConnection,
  topic: string,
  offsets: readonly number[],
): Promise<Map<number, RecordBatch[]>> {
  const body = {
    maxWaitMs: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    topics: [
      {
        topic,
        partitions: offsets.map((fetchOffset, partition) => ({
          partition,
          fetchOffset,
          partitionMaxBytes: PARTITION_MAX_BYTES,
        })),
      },
    ],
    forgottenTopicsData: [],
  }
  const fetched = new Map<number, RecordBatch[]>()
  for (const { partitions } of (await connection.request(fetch, VERSION, body)).responses) {
    for (const { partitionIndex, errorCode, records } of partitions) {
      if (errorCode !== 0) throw new Error(`The broker refused a fetch: error ${errorCode}`)
      if (records !== null) fetched.set(partitionIndex, [...readBatches(records)])
    }
  }
  return fetched
}

function messagesOf(batch: RecordBatch, position: number): LightMessage[] {
  checkCrc(batch)
  const data = recordData(batch, 0) as Buffer
  const messages: LightMessage[] = []
  visitRecords(batch, data, (offset, _timestamp, keyStart, keyLength, valueStart, valueLength) => {
    if (offset < position) return
    messages.push(new LightMessage(data, offset, keyStart, keyLength, valueStart, valueLength))
  })
  return messages
}
