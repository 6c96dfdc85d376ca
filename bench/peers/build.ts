import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'tsdown'

const root = join(import.meta.dirname, '../..')
const outDir = join(root, 'bench/results/tmp/children')

/**
 * The child and our own clients as plain JavaScript, as users get the package. Node's type stripper would add more to
 * the memory of a process than the client takes.
 */
export async function buildChildren(): Promise<void> {
  await build({
    config: false,
    cwd: root,
    entry: {
      child: 'bench/peers/child.ts',
      floor: 'bench/peers/clients/floor.ts',
      'kafka-wire': 'bench/peers/clients/kafka-wire.ts',
    },
    // By its name it is found only from within its own package, and this folder is another one.
    alias: { 'kafka-wire': join(root, 'src/index.ts') },
    outDir,
    format: 'esm',
    platform: 'node',
    target: 'node22.15',
    dts: false,
    clean: true,
    logLevel: 'error',
  })
}

export const childFile = join(outDir, 'child.mjs')

/** URL of a client's module; those of the peers are JavaScript already. */
export function moduleOf(client: string): string {
  const isOurs = client === 'floor' || client === 'kafka-wire'
  const file = isOurs ? join(outDir, `${client}.mjs`) : join(import.meta.dirname, 'clients', `${client}.js`)
  return pathToFileURL(file).href
}
