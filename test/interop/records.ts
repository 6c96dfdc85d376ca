import { seededRandom } from '../unit/seeded-random.ts'

/** A record as clients see it before it has a place. All of it is UTF-8, so that every tool can print it. */
export interface TestRecord {
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: ReadonlyArray<readonly [name: string, value: string | null]>
}

const START = 1_700_000_000_000

/** What clients get wrong: nulls, empty texts, repeated headers, text of several bytes, time that goes backwards. */
const special: TestRecord[] = [
  {
    timestamp: START + 5,
    key: 'key',
    value: 'value',
    headers: [
      ['trace', 'first'],
      ['other', 'between'],
      ['trace', 'second'],
    ],
  },
  { timestamp: START + 3, key: null, value: 'no key', headers: [] },
  { timestamp: START, key: 'tombstone', value: null, headers: [['reason', 'gone']] },
  { timestamp: START + 1, key: 'Ключ 日本語', value: 'Hällo, Wörld 🚕', headers: [['größe', 'schön 語']] },
  { timestamp: START + 2_000_000_000, key: '', value: '', headers: [['empty', '']] },
  { timestamp: START + 4, key: 'null header', value: 'x', headers: [['nothing', null]] },
  { timestamp: START + 4, key: null, value: null, headers: [] },
]

const random = seededRandom(4711)
const words = ['driver', 'rider', 'pickup', 'north', 'south', 'airport', 'späti', 'cancelled', '{"fare":', '"eta":']
const sentence = (): string => {
  return Array.from({ length: 20 }, () => words[Math.floor(random() * words.length)]).join(' ')
}
const noise = (bytes: number): string => {
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))).toString('base64')
}

/** Text that compresses and text that hardly does, more of it than one block of lz4, snappy or zstd takes. */
const bulk: TestRecord[] = [
  ...Array.from({ length: 1500 }, (_, i) => ({
    timestamp: START + i,
    key: `key-${i % 40}`,
    value: i % 3 === 0 ? noise(60) : sentence(),
    headers: i % 5 === 0 ? [['sequence', `${i}`] as const] : [],
  })),
  { timestamp: START, key: 'noise', value: noise(120_000), headers: [] },
  { timestamp: START, key: 'monotony', value: 'a'.repeat(200_000), headers: [] },
]

/** Records that fit into one batch of a megabyte, and that every client should give back as they are. */
export const testRecords: readonly TestRecord[] = [...special, ...bulk]

/** The message of our consumer as a test record. */
export function readRecord(message: {
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: Iterable<[string, Buffer | null]>
}): TestRecord {
  const { timestamp, key, value, headers } = message
  const text = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString())
  return {
    timestamp,
    key: text(key),
    value: text(value),
    headers: Array.from(headers, ([name, bytes]) => [name, text(bytes)]),
  }
}

/** Configuration for topics with records as old as these: a broker removes what is older than a week. */
export const keepForever = { 'retention.ms': '-1' }
