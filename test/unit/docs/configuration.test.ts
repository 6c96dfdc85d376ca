import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConsumerOptions } from '../../../src/consumer/options.ts'
import { consoleLogger } from '../../../src/diagnostics.ts'
import { readKafkaOptions } from '../../../src/kafka-options.ts'
import { readProducerOptions } from '../../../src/producer/options.ts'

const root = join(import.meta.dirname, '../../..')
const chapters = readFileSync(join(root, 'docs/configuration.md'), 'utf8').split('\n## ')

/** Options and their defaults as a chapter's table gives them. */
function documented(title: string): Record<string, string> {
  const chapter = chapters.find((each) => each.startsWith(title)) ?? ''
  return Object.fromEntries([...chapter.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name, text]) => [name, text]))
}

/** A default as the tables write it. */
function written(value: unknown): string {
  if (value === undefined) return '–'
  if (value === consoleLogger) return 'console'
  if (Array.isArray(value)) return `\`[${value.map((each) => `'${each}'`).join(', ')}]\``
  return typeof value === 'string' ? `\`'${value}'\`` : `\`${value}\``
}

describe('docs/configuration.md lists every option with its default', () => {
  test.each<[string, object, Record<string, string>]>([
    ['`new Kafka(', readKafkaOptions({ bootstrapServers: 'a:1' }), { bootstrapServers: 'required' }],
    ['`kafka.producer(', readProducerOptions({}), { acks: "`'all'`" }],
    ['`kafka.consumer(', readConsumerOptions({}), {}],
  ])('%s', (title, defaults, exceptions) => {
    const expected = Object.entries(defaults).map(([name, value]) => [name, exceptions[name] ?? written(value)])
    expect(documented(title)).toEqual(Object.fromEntries(expected))
  })
})
