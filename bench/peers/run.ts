// kafka-wire beside its peers and the floor, on one real broker: `npm run bench:peers -- --help`.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findBroker } from '../broker/broker.ts'
import { Topics } from '../broker/topics.ts'
import { machine } from '../report/machine.ts'
import { buildChildren } from './build.ts'
import { installPeers, peerVersions } from './install.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { clientOptions, section } from './report.ts'
import { runRounds } from './rounds.ts'

const args = process.argv.slice(2)
if (args.includes('--help')) console.log(USAGE)
else await run(readOptions(args))

async function run(options: Options): Promise<void> {
  // The load of the machine is that before we add to it.
  const where = machine()
  await installPeers()
  await buildChildren()
  const broker = await findBroker()
  try {
    const facts = [
      ...where,
      broker.description,
      ...peerVersions(),
      `command: \`${command()}\``,
      method(options),
      ...clientOptions,
    ]
    const sections: string[] = []
    const topics = new Topics(broker.bootstrapServers)
    try {
      // A broker that has just started is slow to begin with; the first client must not be the one to pay for it.
      await topics.delete(await topics.createFilled(options.records, options.valueSize))
      for (const scenario of options.scenarios) {
        sections.push(section(scenario, await runRounds(scenario, options, broker.bootstrapServers, topics)))
      }
    } finally {
      await topics.close()
    }
    const report = ['# kafka-wire and its peers', facts.map((fact) => `- ${fact}`).join('\n'), ...sections].join('\n\n')
    console.log(`\n${report}`)
    const file = join(import.meta.dirname, '../..', options.out)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, report)
  } finally {
    await broker.stop()
  }
}

function method({ rounds, valueSize }: Options): string {
  return `medians of ${rounds} rounds; ${valueSize}-byte values, 16-byte keys, 6 partitions, acks all, no compression`
}

function command(): string {
  return ['npm run bench:peers', ...(args.length === 0 ? [] : ['--', ...args])].join(' ')
}
