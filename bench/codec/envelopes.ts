import { deepEqual } from 'node:assert/strict'
import { type AnyApi, apis, decodeResponse, type ResponseInput } from 'kafka-wire/protocol'
import { Writer } from '../../protocol/writer.ts'
import { table } from '../report/table.ts'
import { type Effort, type Rivals, secondsPerCall } from './measure.ts'
import {
  decodeFetchAnswer,
  decodeMetadataAnswer,
  encodeFetchAnswer,
  encodeMetadataAnswer,
  sampleFetchAnswer,
  sampleMetadataAnswer,
} from './straight-line.ts'

const PARTITIONS = 1000
/** Small, so that the envelope is what is measured: records are passed on as they are. */
const RECORDS_BYTES = 128

/** Answers about 1,000 partitions, by the closures that are made of declarations and by code written for one version. */
export async function envelopeTable(effort: Effort): Promise<string> {
  const fetch = sampleFetchAnswer(Buffer.alloc(RECORDS_BYTES))
  const fetchBytes = encodeFetchAnswer(fetch)
  const metadata = sampleMetadataAnswer()
  const metadataBytes = encodeMetadataAnswer(metadata)
  const duels: ReadonlyArray<readonly [name: string, bytes: Buffer, declared: () => unknown, byHand: () => unknown]> = [
    [
      'Fetch response v17, decode',
      fetchBytes,
      () => decodeResponse(apis.Fetch, 17, fetchBytes),
      () => decodeFetchAnswer(fetchBytes),
    ],
    ['Fetch response v17, encode', fetchBytes, () => encoded(apis.Fetch, 17, fetch), () => encodeFetchAnswer(fetch)],
    [
      'Metadata response v12, decode',
      metadataBytes,
      () => decodeResponse(apis.Metadata, 12, metadataBytes),
      () => decodeMetadataAnswer(metadataBytes),
    ],
    [
      'Metadata response v12, encode',
      metadataBytes,
      () => encoded(apis.Metadata, 12, metadata),
      () => encodeMetadataAnswer(metadata),
    ],
  ]
  const rows: string[][] = []
  for (const [name, bytes, declared, byHand] of duels) {
    deepEqual(declared(), byHand())
    const rivals: Rivals = { declared, byHand }
    const seconds = await secondsPerCall(rivals, bytes.length, effort)
    const factor = seconds.declared / seconds.byHand
    rows.push([name, microseconds(seconds.declared), microseconds(seconds.byHand), `${factor.toFixed(1)} ×`])
  }
  return table([`${PARTITIONS.toLocaleString('en-US')} partitions`, 'declared, µs', 'by hand, µs', 'slower by'], rows)
}

/** As the client encodes: without the search for misspelt fields, which the public entry makes first. */
function encoded<A extends AnyApi>(api: A, version: number, body: ResponseInput<A>): Buffer {
  const writer = new Writer()
  api.encodeResponse(writer, version, body)
  return Buffer.concat(writer.finish())
}

function microseconds(seconds: number): string {
  return (seconds * 1e6).toFixed(0)
}
