// The protocol's hot spots, and whether the npm packages that could do them would be faster: `npm run bench:codec`.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../report/machine.ts'
import { batchTable } from './batches.ts'
import { codecTable } from './codecs.ts'
import { crc32cDuels } from './crc32c-duels.ts'
import { fight, type Score } from './duel.ts'
import { envelopeTable } from './envelopes.ts'
import { packageVersions } from './js-packages.ts'
import { primitiveTable } from './primitives.ts'
import { snappyDuels } from './snappy-duels.ts'

const { values } = parseArgs({
  options: {
    /** Of which medians are taken. */
    rounds: { type: 'string', default: '5' },
    /** Of one measurement, in ms. */
    time: { type: 'string', default: '500' },
    out: { type: 'string', default: 'bench/results/codec.md' },
  },
})
const effort = { rounds: Number(values.rounds), time: Number(values.time) }
const where = machine()
const crc32c = await fight('crc-32', crc32cDuels(), effort)
const snappy = await fight('snappyjs', snappyDuels(), effort)
const facts = [...where, ...packageVersions(), `command: \`${command()}\``, `medians of ${effort.rounds} rounds`]
const report = `${[
  '# The codec: checksums, compression, record batches, messages',
  facts.map((fact) => `- ${fact}`).join('\n'),
  '## CRC-32C',
  crc32c.table,
  '## Snappy',
  snappy.table,
  '## Own code or packages',
  verdict([...crc32c.scores, ...snappy.scores]),
  '## All compressions',
  await codecTable(effort),
  '## A batch of 1000 records: 16-byte keys, 100-byte values',
  await batchTable(effort),
  '## Envelopes: declared, or written by hand for one version',
  await envelopeTable(effort),
  '## The smallest parts',
  await primitiveTable(effort),
].join('\n\n')}\n`
console.log(report)
const file = join(import.meta.dirname, '../..', values.out)
await mkdir(dirname(file), { recursive: true })
await writeFile(file, report)

function command(): string {
  const args = process.argv.slice(2)
  return ['npm run bench:codec', ...(args.length === 0 ? [] : ['--', ...args])].join(' ')
}

/** Own code stands only where it is faster. */
function verdict(scores: readonly Score[]): string {
  const slower = scores.filter(({ factor }) => factor <= 1)
  if (slower.length === 0) return 'kafka-wire is faster in every case, and does without the packages.'
  return `kafka-wire is not faster in: ${slower.map(({ name }) => name).join('; ')}.`
}
