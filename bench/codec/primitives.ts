import { Reader } from '../../protocol/reader.ts'
import { VarintCursor, writeVarint, writeVarlong } from '../../protocol/records/varint.ts'
import { Writer } from '../../protocol/writer.ts'
import { table } from '../report/table.ts'
import { type Effort, type Rivals, secondsPerCall } from './measure.ts'

const COUNT = 1000

/** What a call of the smallest parts takes: each is done a thousand times over values of one kind. */
export async function primitiveTable(effort: Effort): Promise<string> {
  const works: Rivals = {
    ...varints(
      'varint of 1 byte',
      (i) => i % 64,
      writeVarint,
      (cursor) => cursor.varint(),
    ),
    ...varints(
      'varint of 2 bytes',
      (i) => 64 + i,
      writeVarint,
      (cursor) => cursor.varint(),
    ),
    ...varints(
      'varlong of 6 bytes, as of a timestamp',
      (i) => 1_790_000_000_000 + i,
      writeVarlong,
      (cursor) => cursor.varlong(),
    ),
    ...fields(
      'int64',
      (writer, i) => writer.writeInt64(1_000_000 + i),
      (reader) => reader.readInt64(),
    ),
    ...fields(
      'uuid',
      (writer) => writer.writeUuid('4L6g3nShT-eMCtK--X86sw'),
      (reader) => reader.readUuid(),
    ),
    ...texts('string of 16 ASCII characters', 'ride-events-0001'),
    ...texts('string of 100 ASCII characters', 'x'.repeat(100)),
    ...texts('string of 16 characters, 24 bytes', 'Grüße aus Zürich äö'.slice(0, 16)),
  }
  const seconds = await secondsPerCall(works, 64 * 1024, effort)
  const names = [...new Set(Object.keys(works).map((name) => name.replace(/ (write|read)$/, '')))]
  const ns = (name: string): string => ((seconds[name] / COUNT) * 1e9).toFixed(1)
  return table(
    ['', 'write, ns', 'read, ns'],
    names.map((name) => [name, ns(`${name} write`), ns(`${name} read`)]),
  )
}

function varints(
  name: string,
  make: (index: number) => number,
  write: (buffer: Uint8Array, at: number, value: number) => number,
  read: (cursor: VarintCursor) => number,
): Rivals {
  const buffer = Buffer.alloc(COUNT * 10)
  const values = Array.from({ length: COUNT }, (_, i) => make(i))
  const writeAll = (): number => values.reduce((at, value) => write(buffer, at, value), 0)
  writeAll()
  return {
    [`${name} write`]: writeAll,
    [`${name} read`]: () => {
      const cursor = new VarintCursor(buffer, 0)
      let sum = 0
      for (let i = 0; i < COUNT; i++) sum += read(cursor)
      return sum
    },
  }
}

function texts(name: string, text: string): Rivals {
  return fields(
    name,
    (writer) => writer.writeCompactString(text),
    (reader) => reader.readNullableCompactString(),
  )
}

function fields(
  name: string,
  write: (writer: Writer, index: number) => void,
  read: (reader: Reader) => unknown,
): Rivals {
  const writeAll = (): Writer => {
    const writer = new Writer(COUNT * 128)
    for (let i = 0; i < COUNT; i++) write(writer, i)
    return writer
  }
  const bytes = Buffer.concat(writeAll().finish())
  return {
    [`${name} write`]: writeAll,
    [`${name} read`]: () => {
      const reader = new Reader(bytes)
      let last: unknown
      for (let i = 0; i < COUNT; i++) last = read(reader)
      return last
    },
  }
}
