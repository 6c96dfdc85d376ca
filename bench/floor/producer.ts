import { produce } from '../../protocol/messages/produce.ts'
import { RecordBatchBuilder } from '../../protocol/records/index.ts'
import { FloorConnection } from './connection.ts'

/** The newest that every broker from Kafka 2.1 on knows. */
const VERSION = 7
const TIMEOUT_MS = 30_000
/** More than a batch's header, and a record's own fields, ever take here. */
const BATCH_OVERHEAD = 64
const RECORD_OVERHEAD = 24

export interface FloorRecord {
  readonly key: Buffer
  readonly value: Buffer
}

/** One request a send, with a batch for each partition, acknowledged by all in-sync replicas. */
export class FloorProducer {
  readonly #connection: FloorConnection
  readonly #topic: string
  readonly #partitions: number

  private constructor(connection: FloorConnection, topic: string, partitions: number) {
    this.#connection = connection
    this.#topic = topic
    this.#partitions = partitions
  }

  static async open(address: string, topic: string, partitions: number): Promise<FloorProducer> {
    return new FloorProducer(await FloorConnection.open(address), topic, partitions)
  }

  async send(records: readonly FloorRecord[]): Promise<void> {
    const now = Date.now()
    const shares = Array.from({ length: this.#partitions }, (): FloorRecord[] => [])
    // One after another, whatever the key: to spread them evenly is all that matters here.
    for (let i = 0; i < records.length; i++) shares[i % this.#partitions].push(records[i])
    const partitionData = shares
      .map((share, index) => ({ index, share }))
      .filter(({ share }) => share.length > 0)
      .map(({ index, share }) => ({ index, records: encode(share, now) }))
    const body = { acks: -1, timeoutMs: TIMEOUT_MS, topicData: [{ name: this.#topic, partitionData }] }
    const { responses } = await this.#connection.request(produce, VERSION, body)
    for (const { errorCode } of responses[0].partitionResponses) {
      if (errorCode !== 0) throw new Error(`The broker refused a batch: error ${errorCode}`)
    }
  }

  close(): void {
    this.#connection.close()
  }
}

function encode(records: readonly FloorRecord[], now: number): Buffer {
  const { key, value } = records[0]
  const size = BATCH_OVERHEAD + records.length * (key.length + value.length + RECORD_OVERHEAD)
  const builder = new RecordBatchBuilder(Buffer.allocUnsafeSlow(size))
  for (const record of records) builder.append(now, record.key, record.value, null)
  // Without compression it is no promise.
  return builder.seal({ compression: 'none' }) as Buffer
}
