// Runs an example by its name: `npm run example hello-producer`. Without a name it lists them.

import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const folder = import.meta.dirname
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== basename(import.meta.filename))
  .map((file) => basename(file, '.ts'))

const name = process.argv[2] ?? ''
if (names.includes(name)) {
  // As if the example itself had been started: its arguments stand where it looks for them.
  process.argv.splice(1, 2, join(folder, `${name}.ts`))
  await import(join(folder, `${name}.ts`)).catch((error: Error) => {
    console.error(`${name} has failed: ${error.message}`)
    process.exitCode = 1
  })
} else {
  console.log(`Usage: npm run example NAME [ARGUMENTS]\n\n${names.join('\n')}`)
  if (name !== '') process.exitCode = 1
}
