import type { Kafka } from 'kafka-wire'
import { apis, type CompressionType, type RecordBatch, readBatches } from 'kafka-wire/protocol'
import { Connection } from '../../src/network/connection.ts'
import { openSocket } from '../../src/network/socket.ts'

/** One that names topics by name and that all brokers of the tests know; the first that may answer with zstd. */
const FETCH_VERSION = 10
const MAX_BYTES = 16 * 1024 * 1024

/** How the record batches of a topic are compressed in the log, each codec once. No client says that. */
export async function storedCodecs(kafka: Kafka, topic: string): Promise<CompressionType[]> {
  return [...new Set((await storedBatches(kafka, topic)).map(({ compression }) => compression))]
}

/** The record batches of a topic as they lie in the log. */
export async function storedBatches(kafka: Kafka, topic: string): Promise<RecordBatch[]> {
  const { [topic]: description } = await kafka.admin().describeTopics([topic])
  const { brokers } = await kafka.admin().describeCluster()
  const batches: RecordBatch[] = []
  for (const { partition, leader } of description.partitions) {
    const { host, port } = brokers.find(({ id }) => id === leader)!
    batches.push(...readBatches(await fetchRecords(host, port, topic, partition)))
  }
  return batches
}

async function fetchRecords(host: string, port: number, topic: string, partition: number): Promise<Buffer> {
  const broker = `${host}:${port}`
  const socket = await openSocket({ host, port, ssl: false }, broker, AbortSignal.timeout(10_000))
  const options = { broker, clientId: 'stored-batches', requestTimeoutMs: 10_000, maxFrameBytes: 2 * MAX_BYTES }
  const connection = new Connection(socket, options)
  try {
    const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: MAX_BYTES }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: MAX_BYTES, topics: [{ topic, partitions }] }
    const { responses } = await connection.send(apis.Fetch, body, { version: FETCH_VERSION })
    return responses[0].partitions[0].records ?? Buffer.alloc(0)
  } finally {
    connection.close()
  }
}
