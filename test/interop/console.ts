import type { TestRecord } from './records.ts'

/** What stands for null in the console tools. */
const NULL = '~'

/** Makes ConsoleConsumer print all it knows of a record. */
export const printAll = [
  ...['timestamp', 'partition', 'offset', 'headers', 'key', 'value'].flatMap((part) => {
    return ['--formatter-property', `print.${part}=true`]
  }),
  ...['--formatter-property', `null.literal=${NULL}`],
]

/** The line that ConsoleConsumer prints for a record. */
export function printedLine({ timestamp, key, value, headers }: TestRecord, partition: number, offset: number): string {
  const printed = headers.map(([name, text]) => `${name}:${text ?? NULL}`).join(',') || 'NO_HEADERS'
  return [
    `CreateTime:${timestamp}`,
    `Partition:${partition}`,
    `Offset:${offset}`,
    printed,
    key ?? NULL,
    value ?? NULL,
  ].join('\t')
}

/** Makes ConsoleProducer take headers, key and value from each line. */
export const parseAll = ['parse.headers=true', 'parse.key=true', `null.marker=${NULL}`].flatMap((property) => {
  return ['--reader-property', property]
})

/** The line from which ConsoleProducer makes a record; it cannot set the timestamp. */
export function parsedLine({ key, value, headers }: TestRecord): string {
  const parsed = headers.map(([name, text]) => `${name}:${text ?? NULL}`).join(',') || NULL
  return [parsed, key ?? NULL, value ?? NULL].join('\t')
}
