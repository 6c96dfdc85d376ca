import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'

// What a person would write by hand for one version of one message: no declaration, no closures, no checks of nulls, no
// path for errors. It is the floor that the codec is measured against, not a second protocol.

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The part of a Fetch response of version 17 that a healthy broker sends. */
export interface FetchAnswer {
  throttleTimeMs: number
  errorCode: number
  sessionId: number
  responses: { topic: string; topicId: string; partitions: FetchedPartition[] }[]
  nodeEndpoints: { nodeId: number; host: string; port: number; rack: string | null }[]
}

interface FetchedPartition {
  partitionIndex: number
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  divergingEpoch: { epoch: number; endOffset: number }
  currentLeader: { leaderId: number; leaderEpoch: number }
  snapshotId: { endOffset: number; epoch: number }
  abortedTransactions: { producerId: number; firstOffset: number }[] | null
  preferredReadReplica: number
  records: Buffer | null
}

export function decodeFetchAnswer(bytes: Buffer): FetchAnswer {
  const reader = new Reader(bytes)
  const throttleTimeMs = reader.readInt32()
  const errorCode = reader.readInt16()
  const sessionId = reader.readInt32()
  const responses = []
  for (let topics = reader.readUnsignedVarint() - 1; topics > 0; topics--) {
    const topicId = reader.readUuid()
    const partitions: FetchedPartition[] = []
    for (let count = reader.readUnsignedVarint() - 1; count > 0; count--) partitions.push(decodePartition(reader))
    skipTags(reader)
    responses.push({ topic: '', topicId, partitions })
  }
  skipTags(reader)
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints: [] }
}

function decodePartition(reader: Reader): FetchedPartition {
  const partitionIndex = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = reader.readInt64()
  const lastStableOffset = reader.readInt64()
  const logStartOffset = reader.readInt64()
  let abortedTransactions: FetchedPartition['abortedTransactions'] = null
  const aborted = reader.readUnsignedVarint() - 1
  if (aborted >= 0) abortedTransactions = []
  for (let i = 0; i < aborted; i++) {
    abortedTransactions?.push({ producerId: reader.readInt64(), firstOffset: reader.readInt64() })
    skipTags(reader)
  }
  const preferredReadReplica = reader.readInt32()
  const records = reader.readNullableCompactBytes()
  skipTags(reader)
  return {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    abortedTransactions,
    preferredReadReplica,
    records,
  }
}

export function encodeFetchAnswer(answer: FetchAnswer): Buffer {
  const writer = new Writer()
  writer.writeInt32(answer.throttleTimeMs)
  writer.writeInt16(answer.errorCode)
  writer.writeInt32(answer.sessionId)
  writer.writeUnsignedVarint(answer.responses.length + 1)
  for (const { topicId, partitions } of answer.responses) {
    writer.writeUuid(topicId)
    writer.writeUnsignedVarint(partitions.length + 1)
    for (const partition of partitions) encodePartition(writer, partition)
    writer.writeUnsignedVarint(0)
  }
  writer.writeUnsignedVarint(0)
  return Buffer.concat(writer.finish())
}

function encodePartition(writer: Writer, partition: FetchedPartition): void {
  writer.writeInt32(partition.partitionIndex)
  writer.writeInt16(partition.errorCode)
  writer.writeInt64(partition.highWatermark)
  writer.writeInt64(partition.lastStableOffset)
  writer.writeInt64(partition.logStartOffset)
  const { abortedTransactions, records } = partition
  writer.writeUnsignedVarint(abortedTransactions === null ? 0 : abortedTransactions.length + 1)
  for (const { producerId, firstOffset } of abortedTransactions ?? []) {
    writer.writeInt64(producerId)
    writer.writeInt64(firstOffset)
    writer.writeUnsignedVarint(0)
  }
  writer.writeInt32(partition.preferredReadReplica)
  if (records === null) writer.writeUnsignedVarint(0)
  else writer.writeCompactRecords(records)
  writer.writeUnsignedVarint(0)
}

/** A Metadata response of version 12. */
export interface MetadataAnswer {
  throttleTimeMs: number
  brokers: { nodeId: number; host: string; port: number; rack: string | null }[]
  clusterId: string | null
  controllerId: number
  topics: {
    errorCode: number
    name: string | null
    topicId: string
    isInternal: boolean
    partitions: PartitionMetadata[]
    topicAuthorizedOperations: number
  }[]
  clusterAuthorizedOperations: number
  errorCode: number
}

interface PartitionMetadata {
  errorCode: number
  partitionIndex: number
  leaderId: number
  leaderEpoch: number
  replicaNodes: number[]
  isrNodes: number[]
  offlineReplicas: number[]
}

export function decodeMetadataAnswer(bytes: Buffer): MetadataAnswer {
  const reader = new Reader(bytes)
  const throttleTimeMs = reader.readInt32()
  const brokers: MetadataAnswer['brokers'] = []
  for (let count = reader.readUnsignedVarint() - 1; count > 0; count--) {
    const nodeId = reader.readInt32()
    const host = reader.readNullableCompactString() ?? ''
    brokers.push({ nodeId, host, port: reader.readInt32(), rack: reader.readNullableCompactString() })
    skipTags(reader)
  }
  const clusterId = reader.readNullableCompactString()
  const controllerId = reader.readInt32()
  const topics: MetadataAnswer['topics'] = []
  for (let count = reader.readUnsignedVarint() - 1; count > 0; count--) {
    const errorCode = reader.readInt16()
    const name = reader.readNullableCompactString()
    const topicId = reader.readUuid()
    const isInternal = reader.readBoolean()
    const partitions: PartitionMetadata[] = []
    for (let rest = reader.readUnsignedVarint() - 1; rest > 0; rest--) {
      partitions.push({
        errorCode: reader.readInt16(),
        partitionIndex: reader.readInt32(),
        leaderId: reader.readInt32(),
        leaderEpoch: reader.readInt32(),
        replicaNodes: decodeIds(reader),
        isrNodes: decodeIds(reader),
        offlineReplicas: decodeIds(reader),
      })
      skipTags(reader)
    }
    const topicAuthorizedOperations = reader.readInt32()
    skipTags(reader)
    topics.push({ errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations })
  }
  skipTags(reader)
  const clusterAuthorizedOperations = -2147483648
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations, errorCode: 0 }
}

function decodeIds(reader: Reader): number[] {
  const ids: number[] = []
  for (let count = reader.readUnsignedVarint() - 1; count > 0; count--) ids.push(reader.readInt32())
  return ids
}

export function encodeMetadataAnswer(answer: MetadataAnswer): Buffer {
  const writer = new Writer()
  writer.writeInt32(answer.throttleTimeMs)
  writer.writeUnsignedVarint(answer.brokers.length + 1)
  for (const { nodeId, host, port, rack } of answer.brokers) {
    writer.writeInt32(nodeId)
    writer.writeCompactString(host)
    writer.writeInt32(port)
    encodeNullableText(writer, rack)
    writer.writeUnsignedVarint(0)
  }
  encodeNullableText(writer, answer.clusterId)
  writer.writeInt32(answer.controllerId)
  writer.writeUnsignedVarint(answer.topics.length + 1)
  for (const topic of answer.topics) {
    writer.writeInt16(topic.errorCode)
    encodeNullableText(writer, topic.name)
    writer.writeUuid(topic.topicId)
    writer.writeBoolean(topic.isInternal)
    writer.writeUnsignedVarint(topic.partitions.length + 1)
    for (const partition of topic.partitions) {
      writer.writeInt16(partition.errorCode)
      writer.writeInt32(partition.partitionIndex)
      writer.writeInt32(partition.leaderId)
      writer.writeInt32(partition.leaderEpoch)
      encodeIds(writer, partition.replicaNodes)
      encodeIds(writer, partition.isrNodes)
      encodeIds(writer, partition.offlineReplicas)
      writer.writeUnsignedVarint(0)
    }
    writer.writeInt32(topic.topicAuthorizedOperations)
    writer.writeUnsignedVarint(0)
  }
  writer.writeUnsignedVarint(0)
  return Buffer.concat(writer.finish())
}

function encodeIds(writer: Writer, ids: readonly number[]): void {
  writer.writeUnsignedVarint(ids.length + 1)
  for (const id of ids) writer.writeInt32(id)
}

function encodeNullableText(writer: Writer, text: string | null): void {
  if (text === null) writer.writeUnsignedVarint(0)
  else writer.writeCompactString(text)
}

function skipTags(reader: Reader): void {
  for (let count = reader.readUnsignedVarint(); count > 0; count--) {
    reader.readUnsignedVarint()
    reader.skip(reader.readUnsignedVarint())
  }
}

/** Answers about 1,000 partitions: ten topics of a hundred each. */
export function sampleFetchAnswer(records: Buffer): FetchAnswer {
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 77,
    responses: Array.from({ length: 10 }, (_, t) => ({
      topic: '',
      topicId: topicId(t),
      partitions: Array.from({ length: 100 }, (_, p) => ({
        partitionIndex: p,
        errorCode: 0,
        highWatermark: 1_000_000 + p,
        lastStableOffset: 1_000_000 + p,
        logStartOffset: 0,
        divergingEpoch: { epoch: -1, endOffset: -1 },
        currentLeader: { leaderId: -1, leaderEpoch: -1 },
        snapshotId: { endOffset: -1, epoch: -1 },
        abortedTransactions: [],
        preferredReadReplica: -1,
        records,
      })),
    })),
    nodeEndpoints: [],
  }
}

export function sampleMetadataAnswer(): MetadataAnswer {
  return {
    throttleTimeMs: 0,
    brokers: Array.from({ length: 6 }, (_, id) => ({
      nodeId: id,
      host: `broker-${id}.kafka.example`,
      port: 9092,
      rack: null,
    })),
    clusterId: '4L6g3nShT-eMCtK--X86sw',
    controllerId: 1,
    topics: Array.from({ length: 10 }, (_, t) => ({
      errorCode: 0,
      name: `ride-events-${t}`,
      topicId: topicId(t),
      isInternal: false,
      partitions: Array.from({ length: 100 }, (_, p) => ({
        errorCode: 0,
        partitionIndex: p,
        leaderId: p % 6,
        leaderEpoch: 4,
        replicaNodes: [p % 6, (p + 1) % 6, (p + 2) % 6],
        isrNodes: [p % 6, (p + 1) % 6, (p + 2) % 6],
        offlineReplicas: [],
      })),
      topicAuthorizedOperations: -2147483648,
    })),
    clusterAuthorizedOperations: -2147483648,
    errorCode: 0,
  }
}

function topicId(index: number): string {
  return `${ZERO_UUID.slice(0, 20)}${index}A`
}
